import { containsKind, isTreeNode, nameParts, nodesOfKind, optionNames, type TreeNode } from './syntaxTree.ts'

/** What one statement may do, as far as the parser can tell; what it can't tell is a write. */
export interface Classification {
  kind: 'read' | 'write'
  /** False for those that PostgreSQL refuses within a transaction block. */
  inTransaction: boolean
  /** True for those that may commit on their way (DO, CALL, VACUUM): an error of one that runs by itself doesn't show that nothing is kept. */
  commitsItself: boolean
  /** Why it is refused before anything runs; null when it may run. */
  refusal: string | null
  /** Functions that are called and aren't known to be harmless: their volatility must be asked of the server. */
  functions: string[]
}

const writingNodes = ['InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt', 'IntoClause', 'LockingClause']
const writingFunctions = new Set([
  'nextval',
  'setval',
  'pg_logical_emit_message',
  'pg_notify',
  'txid_current',
])
const writingFunctionPrefixes = ['lo_', 'dblink', 'pg_current_xact_id', 'pg_advisory', 'pg_try_advisory']
const transactionSettings = new Set([
  'transaction_read_only',
  'transaction_isolation',
  'transaction_deferrable',
  'default_transaction_read_only',
  'session_characteristics',
])

const boolean = (value: unknown) => value === true
const codeBlocks = ['DoStmt', 'CallStmt']
const write = (inTransaction = true, commitsItself = !inTransaction): Classification => ({
  ...classified('write', inTransaction),
  commitsItself,
})
const refused = (refusal: string): Classification => ({ ...write(), refusal })
function classified(kind: 'read' | 'write', inTransaction = true): Classification {
  return { kind, inTransaction, commitsItself: !inTransaction, refusal: null, functions: [] }
}

/** Classifies one statement of libpg_query's tree. */
export function classify(statement: TreeNode): Classification {
  const [name, body] = Object.entries(statement)[0] ?? ['', {}]
  const fields = isTreeNode(body) ? body : {}
  switch (name) {
    case 'SelectStmt':
      return classifyQuery(fields)
    case 'ExplainStmt':
      return optionNames(fields['options']).includes('analyze')
        ? classifyExplained(fields['query'])
        : classified('read')
    case 'VariableShowStmt':
      return classified('read')
    case 'VariableSetStmt':
      return classifySetting(fields)
    case 'DeclareCursorStmt':
      return classifyExplained(fields['query'])
    case 'FetchStmt':
    case 'ClosePortalStmt':
      return classified('read')
    case 'TransactionStmt':
      return refused(
        'BEGIN, COMMIT, ROLLBACK and SAVEPOINT are not allowed: the portal opens and closes the transaction itself.',
      )
    case 'CopyStmt':
      return classifyCopy(fields)
    case 'PrepareStmt':
    case 'ExecuteStmt':
    case 'DeallocateStmt':
      return refused(
        'PREPARE, EXECUTE and DEALLOCATE are not allowed: write the statement itself, so that it can be reviewed.',
      )
    case 'ListenStmt':
    case 'UnlistenStmt':
      return refused(
        'LISTEN and UNLISTEN are not allowed: the session ends with the request, nobody would listen.',
      )
    default: {
      const isOutside = outsideTransaction(name, fields)
      return write(!isOutside, isOutside || codeBlocks.includes(name))
    }
  }
}

function classifyExplained(query: unknown): Classification {
  return isTreeNode(query) ? classify(query) : write()
}

function classifyQuery(query: TreeNode): Classification {
  if (containsKind(query, writingNodes) || isTreeNode(query['intoClause'])) return write()
  const functions = new Set<string>()
  for (const call of nodesOfKind(query, 'FuncCall')) {
    const called = nameParts(call['funcname']).at(-1)?.toLowerCase()
    if (!called) return write()
    if (writingFunctions.has(called) || writingFunctionPrefixes.some((prefix) => called.startsWith(prefix)))
      return write()
    functions.add(called)
  }
  return { ...classified('read'), functions: [...functions] }
}

function classifySetting(fields: TreeNode): Classification {
  const setting = typeof fields['name'] === 'string' ? fields['name'].toLowerCase() : ''
  if (
    transactionSettings.has(setting) ||
    setting.startsWith('transaction') ||
    setting.startsWith('session char')
  ) {
    return refused(
      'The mode of the transaction is set by the portal: reads run READ ONLY, everything else may write.',
    )
  }
  return classified('read')
}

function classifyCopy(fields: TreeNode): Classification {
  if (boolean(fields['is_program']))
    return refused('COPY with PROGRAM is not allowed: it runs a program on the server.')
  if (!fields['filename']) {
    return refused(
      'COPY FROM STDIN and TO STDOUT are not allowed: write INSERT or SELECT, its rows become the result.',
    )
  }
  return write()
}

function outsideTransaction(name: string, fields: TreeNode): boolean {
  switch (name) {
    case 'VacuumStmt':
      return boolean(fields['is_vacuumcmd'])
    case 'IndexStmt':
      return boolean(fields['concurrent'])
    case 'DropStmt':
      return boolean(fields['concurrent'])
    case 'ReindexStmt':
      return (
        optionNames(fields['params']).includes('concurrently') ||
        ['REINDEX_OBJECT_SCHEMA', 'REINDEX_OBJECT_SYSTEM', 'REINDEX_OBJECT_DATABASE'].includes(
          String(fields['kind']),
        )
      )
    case 'ClusterStmt':
      return !fields['relation']
    case 'DiscardStmt':
      return fields['target'] === 'DISCARD_ALL'
    case 'AlterTableStmt':
      return [...nodesOfKind(fields, 'PartitionCmd')].some((command) => boolean(command['concurrent']))
    case 'AlterDatabaseStmt':
      return optionNames(fields['options']).includes('tablespace')
    case 'CreatedbStmt':
    case 'DropdbStmt':
    case 'CreateTableSpaceStmt':
    case 'DropTableSpaceStmt':
    case 'AlterSystemStmt':
    case 'CreateSubscriptionStmt':
    case 'DropSubscriptionStmt':
      return true
    default:
      return false
  }
}
