//! Where the goldens and the package of their checkpoint are, and what is in them.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use gemwatch::gem::{
    GemReader, Package, ReaderOptions, ecg_input::EcgInput, image::to_rgb, manifest::EcgSpec, runtime,
};
use image::RgbImage;
use ndarray::Array2;
use serde_json::Value;

use crate::npz::Npz;

/// What the parity checkpoint takes.
const ECG: EcgSpec = EcgSpec { leads: 12, samples: 5000, rate_hz: 500.0, tokens: 101 };

/// Says why a test is left out; that is a failure where everything must be there.
fn left_out<T>(why: &str) -> Option<T> {
    assert!(std::env::var_os("CI").is_none(), "left out: {why}");
    eprintln!("left out: {why}");
    None
}

/// The directory of the goldens.
pub fn goldens() -> Option<PathBuf> {
    let path = std::env::var_os("GEMWATCH_PARITY")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/parity"), PathBuf::from);
    if path.join("goldens/cases.json").is_file() {
        Some(path)
    } else {
        left_out(&format!("no parity data at {}", path.display()))
    }
}

/// The package of the parity checkpoint, exported once for all tests.
pub fn package() -> Option<&'static Path> {
    static PACKAGE: OnceLock<Option<PathBuf>> = OnceLock::new();
    PACKAGE.get_or_init(find_package).as_deref()
}

fn find_package() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("GEMWATCH_PARITY_PACKAGE") {
        return Some(named.into());
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("parity_package");
    let python = std::env::var_os("GEMWATCH_PYTHON").unwrap_or_else(|| "python3".into());
    let exporter = root.join("onnx/export.py");
    if !exporter.is_file() {
        return left_out("no onnx/export.py to make the parity package with");
    }
    // An earlier run's package may be of an earlier exporter.
    if out.exists() {
        std::fs::remove_dir_all(&out).unwrap();
    }
    let output = Command::new(&python)
        .arg(exporter)
        .arg("--checkpoint")
        .arg(goldens()?.join("model"))
        .arg("--out")
        .arg(&out)
        .output();
    match output {
        Err(error) => left_out(&format!("could not run {}: {error}", python.display())),
        Ok(output) => {
            let errors = String::from_utf8_lossy(&output.stderr);
            if errors.contains("ModuleNotFoundError") {
                return left_out(&format!(
                    "{} lacks what onnx/requirements.txt lists: {}",
                    python.display(),
                    errors.lines().last().unwrap_or_default()
                ));
            }
            assert!(output.status.success(), "onnx/export.py failed: {errors}");
            Some(out)
        }
    }
}

/// A copy of the package with another manifest.
pub fn changed_package(change: impl Fn(&mut Value)) -> Option<tempfile::TempDir> {
    let directory = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(package()?).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), directory.path().join(entry.file_name())).unwrap();
    }
    let path = directory.path().join("manifest.json");
    let mut manifest = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    change(&mut manifest);
    std::fs::write(&path, manifest.to_string()).unwrap();
    Some(directory)
}

/// The package, with what the case says of its page in the manifest.
pub fn package_of(case: &Value) -> Option<tempfile::TempDir> {
    changed_package(|manifest| {
        manifest["image"]["mode"] = case["image_aspect_ratio"].clone();
        if case["mm_patch_merge_type"].is_string() {
            manifest["image"]["merge"] = case["mm_patch_merge_type"].clone();
        }
    })
}

/// A reader of the package.
pub fn reader() -> Option<GemReader> {
    let package = Package::open(package()?).unwrap();
    let runtime = runtime::load(None).unwrap();
    Some(GemReader::new(&package, &runtime, ReaderOptions::default()).unwrap())
}

/// One of the pictures.
pub fn picture(goldens: &Path, image: &str) -> RgbImage {
    to_rgb(image::open(goldens.join(format!("inputs/images/{image}.png"))).unwrap())
}

/// One of the records, prepared.
pub fn ecg(goldens: &Path, record: &str) -> EcgInput {
    let raw = Npz::open(&goldens.join(format!("goldens/ecg/{record}.npz"))).f32("raw_mv");
    let rows: Array2<f32> = raw.into_dimensionality::<ndarray::Ix2>().unwrap().reversed_axes();
    EcgInput::from_rows(&rows, &ECG).unwrap()
}

/// What is known about each case.
pub fn cases(goldens: &Path) -> Vec<Value> {
    let cases: Vec<Value> =
        serde_json::from_slice(&std::fs::read(goldens.join("goldens/cases.json")).unwrap()).unwrap();
    assert!(cases.len() >= 17);
    cases
}

/// A list of token ids.
pub fn ids(value: &Value) -> Vec<i64> {
    value.as_array().unwrap().iter().map(|id| id.as_i64().unwrap()).collect()
}
