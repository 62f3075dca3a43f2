import type * as z from "zod/mini";

/** `method → {params, result}`: what one side serves and the other calls. */
export type MethodTable = Readonly<
  Record<string, { readonly params: z.core.$ZodType; readonly result: z.core.$ZodType }>
>;

/** `name → params` of messages that nobody answers. */
export type NotificationTable = Readonly<Record<string, z.core.$ZodType>>;

export type ParamsOf<M extends MethodTable, K extends keyof M> = z.infer<M[K]["params"]>;
export type ResultOf<M extends MethodTable, K extends keyof M> = z.infer<M[K]["result"]>;

/**
 * One function for each method of a table. `signal` aborts when the caller cancels and when the session ends. A thrown
 * `RpcError` reaches the caller with its code and data, any other error as `internal` with its message.
 */
export type Handlers<M extends MethodTable> = {
  [K in keyof M]: (params: ParamsOf<M, K>, signal: AbortSignal) => Promise<ResultOf<M, K>>;
};

/** Arguments of a listener: after a check of `name`, `params` has its type. */
export type NotificationArgs<N extends NotificationTable> = {
  [K in keyof N]: [name: K, params: z.infer<N[K]>];
}[keyof N];
