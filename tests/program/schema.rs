//! The published JSON Schemas.

use std::path::{Path, PathBuf};

use jsonschema::Validator;
use serde_json::Value;

/// Where the schema of this name lies.
pub fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("deploy/schemas/{name}.schema.json"))
}

/// The schema of this name, ready to judge.
pub fn validator(name: &str) -> Validator {
    let path = path(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let schema: Value = serde_json::from_str(&text).unwrap();
    jsonschema::options().should_validate_formats(true).build(&schema).unwrap()
}

/// Fails with everything that is wrong.
pub fn validate(validator: &Validator, document: &Value) {
    let errors: Vec<String> =
        validator.iter_errors(document).map(|error| format!("{}: {error}", error.instance_path)).collect();
    assert!(errors.is_empty(), "{}\nin {document:#}", errors.join("\n"));
}
