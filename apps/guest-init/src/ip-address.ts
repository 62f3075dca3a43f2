/** The textual forms that programs print; not a check of what people type. */
export const isIPv4 = (text: string): boolean => /^\d{1,3}(\.\d{1,3}){3}$/.test(text);
export const isIPv6 = (text: string): boolean => /^[0-9a-f:.]*:[0-9a-f:.]*$/i.test(text) && text.length <= 45;
