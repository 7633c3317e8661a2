/** What is odd about a multipart body: the variables `MULTIPART_…` that are `0` or `1`. */
export class MultipartFlags {
  /** It could not be read. */
  error = false;
  boundaryQuoted = false;
  boundaryWhitespace = false;
  dataBefore = false;
  dataAfter = false;
  headerFolding = false;
  invalidHeaderFolding = false;
  lfLine = false;
  crlfLine = false;
  missingSemicolon = false;
  invalidQuoting = false;
  invalidPart = false;
  unmatchedBoundary = false;

  /** Whether readers may understand it differently: all of them but the boundary that only looks like one. */
  get strictError(): boolean {
    return (
      this.error ||
      this.boundaryQuoted ||
      this.boundaryWhitespace ||
      this.dataBefore ||
      this.dataAfter ||
      this.headerFolding ||
      this.invalidHeaderFolding ||
      this.lfLine ||
      this.missingSemicolon ||
      this.invalidQuoting ||
      this.invalidPart
    );
  }
}
