/** A terminal as far as the live rows use one: line ends, carriage returns, cursor up, erase to the end. */
export class FakeScreen {
  lines: string[] = [""];
  #row = 0;
  #column = 0;

  write(text: string): void {
    for (const [piece, up] of text.matchAll(/\x1b\[(\d+)A|\x1b\[J|\r|\n|[^\x1b\r\n]+/g)) {
      if (up !== undefined) this.#row = Math.max(0, this.#row - Number(up));
      else if (piece === "\r") this.#column = 0;
      else if (piece === "\n") this.#newLine();
      else if (piece === "\x1b[J") this.#eraseToEnd();
      else this.#put(piece);
    }
  }

  #newLine(): void {
    this.#row += 1;
    this.#column = 0;
    this.lines[this.#row] ??= "";
  }

  #eraseToEnd(): void {
    this.lines = this.lines.slice(0, this.#row + 1);
    this.#set(this.#line().slice(0, this.#column));
  }

  #put(text: string): void {
    const line = this.#line();
    this.#set(line.slice(0, this.#column) + text + line.slice(this.#column + text.length));
    this.#column += text.length;
  }

  #line(): string {
    return this.lines[this.#row] ?? "";
  }

  #set(line: string): void {
    this.lines[this.#row] = line;
  }
}
