/** The version of MongoDB whose manual the lists in this folder were made from: https://www.mongodb.com/docs/v8.0/reference/ */
export const listedVersion = '8.0'

/** What runs JavaScript inside the server, where no reviewer's eye and no limit of ours reaches. */
export const javaScriptOperators: ReadonlySet<string> = new Set(['$where', '$function', '$accumulator'])
