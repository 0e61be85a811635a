//! Model packages.

use std::fs::{self, File};
use std::path::Path;

use serde_json::{Value, json};

use super::kind::{Kind, Outcome};

/// Spoils a package.
pub type Spoil = fn(&Path);

fn kind(name: &'static str, outcome: Outcome, input: Spoil) -> Kind<Spoil> {
    Kind { name, outcome, input }
}

/// Changes the manifest.
fn manifest(package: &Path, change: impl FnOnce(&mut Value)) {
    let path = package.join("manifest.json");
    let mut manifest = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    change(&mut manifest);
    fs::write(path, manifest.to_string()).unwrap();
}

/// Changes what the manifest says of a file.
fn stated(package: &Path, name: &str, key: &str, value: Value) {
    manifest(package, |manifest| {
        let files = manifest["files"].as_array_mut().unwrap();
        files.iter_mut().find(|file| file["path"] == name).unwrap()[key] = value;
    });
}

/// All kinds.
pub fn kinds() -> Vec<Kind<Spoil>> {
    vec![
        kind("a package as it should be", Outcome::Used("as a package"), |_| {}),
        kind("no manifest", Outcome::Refused("could not read"), |package| {
            fs::remove_file(package.join("manifest.json")).unwrap();
        }),
        kind("a folder as manifest", Outcome::Refused("manifest.json is no file"), |package| {
            fs::remove_file(package.join("manifest.json")).unwrap();
            fs::create_dir(package.join("manifest.json")).unwrap();
        }),
        kind("a manifest of nested brackets", Outcome::Refused("could not understand"), |package| {
            fs::write(package.join("manifest.json"), "[".repeat(1_000_000)).unwrap();
        }),
        kind("a manifest of 2 MB", Outcome::Refused("is longer than 1048576 bytes"), |package| {
            fs::write(package.join("manifest.json"), " ".repeat(2 << 20)).unwrap();
        }),
        kind(
            "a manifest that claims a billion layers",
            Outcome::Refused("decoder.layers is 1000000000, it must be from 1 to 1024"),
            |package| {
                manifest(package, |manifest| manifest["decoder"]["layers"] = json!(1_000_000_000));
            },
        ),
        kind("a manifest of 2⁶³ positions", Outcome::Refused("decoder.max_positions"), |package| {
            manifest(package, |manifest| manifest["decoder"]["max_positions"] = json!(1_u64 << 63));
        }),
        kind(
            "a key in the manifest that nobody knows",
            Outcome::Refused("unknown field `sliding_window`"),
            |package| {
                manifest(package, |manifest| manifest["decoder"]["sliding_window"] = json!(7));
            },
        ),
        kind(
            "a file outside the package",
            Outcome::Refused("\"../../etc/passwd\", which is no plain file name"),
            |package| {
                stated(package, "decoder.onnx", "path", json!("../../etc/passwd"));
            },
        ),
        kind("a file that is missing", Outcome::Refused("decoder.onnx could not be opened"), |package| {
            fs::remove_file(package.join("decoder.onnx")).unwrap();
        }),
        kind("a file that is cut", Outcome::Refused("decoder.onnx.data has 100 bytes instead of"), |package| {
            File::options().write(true).open(package.join("decoder.onnx.data")).unwrap().set_len(100).unwrap();
        }),
        kind("a file with another SHA-256", Outcome::Refused("decoder.onnx.data has the SHA-256"), |package| {
            let path = package.join("decoder.onnx.data");
            let mut bytes = fs::read(&path).unwrap();
            bytes[1000] ^= 1;
            fs::write(path, bytes).unwrap();
        }),
        kind("a file that is said to have 10 GB", Outcome::Refused("instead of 10000000000"), |package| {
            stated(package, "decoder.onnx.data", "bytes", json!(10_000_000_000_u64));
        }),
        kind(
            "a tokenizer of 10 GB, without content",
            Outcome::Refused("tokenizer.json has 10000000000 bytes, at most 67108864 are read"),
            |package| {
                File::options()
                    .write(true)
                    .open(package.join("tokenizer.json"))
                    .unwrap()
                    .set_len(10_000_000_000)
                    .unwrap();
                stated(package, "tokenizer.json", "bytes", json!(10_000_000_000_u64));
            },
        ),
        kind("a link to an endless device as weights", Outcome::Refused("decoder.onnx.data is no file"), |package| {
            fs::remove_file(package.join("decoder.onnx.data")).unwrap();
            std::os::unix::fs::symlink("/dev/zero", package.join("decoder.onnx.data")).unwrap();
        }),
        kind(
            "a graph that the manifest does not list",
            Outcome::Refused("more.onnx is there but not listed"),
            |package| {
                fs::write(package.join("more.onnx"), "x").unwrap();
            },
        ),
    ]
}
