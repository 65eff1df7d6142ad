// Validates a package schema, read from stdin, against a JSON schema of draft 2020-12 whose path is the argument.
// Prints each error on a line of its own. No JSON schema library for .NET that could be had knows that draft.
const Ajv = require("ajv/dist/2020");
const fs = require("fs");

// Not strict: the metaschema has keywords beside $ref and formats (regex, uri-reference) that only annotate.
const validate = new Ajv({ strict: false, allErrors: true, validateFormats: false })
  .compile(JSON.parse(fs.readFileSync(process.argv[2], "utf8")));
if (!validate(JSON.parse(fs.readFileSync(0, "utf8")))) {
  for (const error of validate.errors) {
    console.log(`${error.instancePath || "/"} ${error.message}`);
  }
}
