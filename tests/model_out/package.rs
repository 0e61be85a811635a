//! Copies of the untrained model package that are broken in one way each.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::graph::{Fault, token_embedding};

const UNTRAINED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/onnx/package");
const EMBEDDING: &str = "token_embedding.onnx";

/// A copy of the untrained package in a folder of this name.
pub fn copy(folder: &Path, name: &str) -> PathBuf {
    let package = folder.join(name);
    fs::create_dir(&package).unwrap();
    for entry in fs::read_dir(UNTRAINED).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, package.join(path.file_name().unwrap())).unwrap();
    }
    package
}

fn manifest(package: &Path, change: impl FnOnce(&mut Value)) {
    let path = package.join("manifest.json");
    let mut manifest = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    change(&mut manifest);
    fs::write(path, manifest.to_string()).unwrap();
}

/// Puts a table of token embeddings into it that does not do its work. The manifest says that it should be so.
pub fn spoil(package: &Path, fault: Fault) {
    manifest(package, |manifest| {
        let size = |key: &str| manifest["decoder"][key].as_u64().unwrap();
        let bytes = token_embedding(fault, size("vocab"), size("hidden"));
        let files = manifest["files"].as_array_mut().unwrap();
        let file = files.iter_mut().find(|file| file["path"] == EMBEDDING).unwrap();
        file["bytes"] = json!(bytes.len());
        file["sha256"] = json!(format!("{:x}", Sha256::digest(&bytes)));
        fs::write(package.join(EMBEDDING), bytes).unwrap();
    });
}

/// Puts the table back in its place, as somebody who repairs the disk would.
pub fn mend(package: &Path) {
    let whole = package.join("whole");
    fs::copy(Path::new(UNTRAINED).join(EMBEDDING), &whole).unwrap();
    fs::rename(whole, package.join(EMBEDDING)).unwrap();
}

/// A model that never ends its text: the only token that would is one that it does not know.
pub fn never_ends(package: &Path) {
    manifest(package, |manifest| manifest["decoder"]["eos"] = json!([0]));
}

/// Weights of which the second half is missing.
pub fn cut(package: &Path) {
    let file = fs::File::options().write(true).open(package.join("decoder.onnx.data")).unwrap();
    file.set_len(file.metadata().unwrap().len() / 2).unwrap();
}
