const forms = new Map([
  ['insert', 'write insertOne({...}) or insertMany([...])'],
  ['update', 'write updateOne(filter, { $set: ... }) or updateMany(filter, { $set: ... })'],
  ['remove', 'write deleteOne(filter) or deleteMany(filter)'],
  ['save', 'write insertOne({...}), or replaceOne({ _id: ... }, {...}, { upsert: true })'],
  ['findAndModify', 'write findOneAndUpdate(filter, update), findOneAndReplace or findOneAndDelete'],
  ['ensureIndex', 'write createIndex({ field: 1 })'],
  ['mapReduce', 'it runs JavaScript on the server; write aggregate([...])'],
  ['group', 'write aggregate([{ $group: ... }])'],
  ['watch', 'it does not come to an end, so a request can not run it'],
  ['dataSize', 'write stats()'],
  ['storageSize', 'write stats()'],
  ['totalSize', 'write stats()'],
  ['validate', 'write db.runCommand({ validate: "collection" })'],
  ['dropDatabase', 'drop the collections one by one'],
  ['adminCommand', 'only the database that the request is about can be reached'],
  ['createView', 'write db.createCollection("name", { viewOn: "collection", pipeline: [...] })'],
  ['getCollection', 'call a method of the collection, such as db.getCollection("orders").find({})'],
  ['next', 'a query reads the whole cursor: write limit(1) for one document, or submit a script'],
  ['hasNext', 'a query reads the whole cursor: write limit(1) for one document, or submit a script'],
  ['forEach', 'a query is data and runs no functions: submit a script'],
  ['map', 'a query is data and runs no functions: submit a script'],
  ['readPref', 'a request reads from the primary'],
  ['tailable', 'it does not come to an end, so a request can not run it'],
  ['noCursorTimeout', 'the cursor ends with the request'],
])

/** What to write instead of a method that the portal doesn't send, or null. */
export const modernForm = (method: string): string | null => forms.get(method) ?? null
