/** Help texts are our own: only their first line is compared. */
function brief(answer: string): string {
  return answer.replace(/(\\n\\n).*(\\n"},"id":1})/, '$1$2');
}

/** What is of one of the two alone: how large its database is, and that bitcoind is a test build. */
function own(answer: string): string {
  return answer
    .replace(/("warnings":)\[[^\]]*\]/, '$1[]')
    .replace(/("disk_size":)\d+/, '$10');
}

/** Branches of one height are in no order with bitcoind. */
function sortedTips(answer: string): string {
  return answer.includes('"branchlen"') ? (answer.match(/\{[^{}]*\}/g) ?? []).sort().join() : answer;
}

/** An answer without what need not be the same. */
export function comparable(answer: string): string {
  return sortedTips(own(brief(answer)));
}
