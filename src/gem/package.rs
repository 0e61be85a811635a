//! A model package: a directory with the graphs, their weights, the tokenizer and `manifest.json`.
//!
//! In goes a directory, out comes a [`Package`] whose every file is there with the size and the SHA-256 that the manifest
//! states. What is read later is what was checked here.

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

use super::manifest::{FileSpec, Manifest};

/// The manifest's name in a package.
const MANIFEST: &str = "manifest.json";
/// A manifest has a few kB.
const MAX_MANIFEST_BYTES: u64 = 1 << 20;
/// What a package must hold besides its manifest and the weights beside the graphs.
const REQUIRED: [&str; 5] =
    ["ecg_encoder.onnx", "image_encoder.onnx", "token_embedding.onnx", "decoder.onnx", TOKENIZER];
const TOKENIZER: &str = "tokenizer.json";
/// What is read as JSON has a few MB: the largest tokenizers in use have 17.
const MAX_TOKENIZER_BYTES: u64 = 1 << 26;
/// What ends every line of a map of tiles: f32, little endian, as many as an embedding is wide.
const IMAGE_NEWLINE: &str = "image_newline.f32";

/// A checked model package.
#[derive(Clone, Debug)]
pub struct Package {
    directory: PathBuf,
    manifest: Manifest,
}

/// Why a directory is no usable model package.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // the fields are named in the message
pub enum PackageError {
    /// A file could not be read.
    #[error("could not read {path} of the model package", path = path.display())]
    Read {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    /// A folder, a pipe or nothing where the manifest should be.
    #[error("{path} is no file", path = path.display())]
    NoManifest { path: PathBuf },
    /// The manifest is longer than any honest one.
    #[error("{path} is longer than {max} bytes", path = path.display(), max = MAX_MANIFEST_BYTES)]
    ManifestTooLong { path: PathBuf },
    /// The manifest is not JSON of the expected form.
    #[error("could not understand {path}", path = path.display())]
    Manifest {
        path: PathBuf,
        #[source]
        source: serde_json::Error,
    },
    /// A value in the manifest is out of bounds.
    #[error("{path} is not usable: {what}", path = path.display())]
    Value { path: PathBuf, what: String },
    /// Files differ from what the manifest states.
    #[error("model package {directory} is damaged or incomplete: {mismatches}", directory = directory.display(), mismatches = mismatches.join("; "))]
    Damaged { directory: PathBuf, mismatches: Vec<String> },
    /// No package comes with the program.
    #[error("found no model package: {tried}; name one with GEMWATCH_MODEL", tried = tried.join("; "))]
    NotFound { tried: Vec<String> },
}

impl Package {
    /// Reads the manifest and checks every file. Takes as long as reading all weights once.
    pub fn open(directory: &Path) -> Result<Package, PackageError> {
        let path = directory.join(MANIFEST);
        let read = |source| PackageError::Read { path: path.clone(), source };
        // Asked before opening: opening a pipe would wait for a writer.
        if !std::fs::metadata(&path).map_err(read)?.is_file() {
            return Err(PackageError::NoManifest { path });
        }
        let mut text = Vec::new();
        File::open(&path).and_then(|file| file.take(MAX_MANIFEST_BYTES + 1).read_to_end(&mut text)).map_err(read)?;
        if text.len() as u64 > MAX_MANIFEST_BYTES {
            return Err(PackageError::ManifestTooLong { path });
        }
        let manifest: Manifest =
            serde_json::from_slice(&text).map_err(|source| PackageError::Manifest { path: path.clone(), source })?;
        manifest.check().map_err(|what| PackageError::Value { path: path.clone(), what })?;

        let mut mismatches: Vec<String> = manifest.files.iter().filter_map(|file| mismatch(directory, file)).collect();
        let listed = |name: &str| manifest.files.iter().any(|file| file.path == name);
        mismatches.extend(REQUIRED.iter().filter(|name| !listed(name)).map(|name| format!("{name} is not listed")));
        if manifest.image.needs_newline() {
            let expected = 4 * manifest.decoder.hidden as u64;
            match manifest.files.iter().find(|file| file.path == IMAGE_NEWLINE).map(|file| file.bytes) {
                None => mismatches.push(format!("{IMAGE_NEWLINE} is not listed, image merge spatial_unpad needs it")),
                Some(bytes) if bytes != expected => mismatches
                    .push(format!("{IMAGE_NEWLINE} has {bytes} bytes, an embedding of the decoder has {expected}")),
                Some(_) => {}
            }
        }
        // Weights that no digest covers would be loaded all the same.
        for entry in std::fs::read_dir(directory).map_err(read)? {
            let name = entry.map_err(read)?.file_name().to_string_lossy().into_owned();
            if name.contains(".onnx") && !listed(&name) {
                mismatches.push(format!("{name} is there but not listed"));
            }
        }
        if mismatches.is_empty() {
            Ok(Package { directory: directory.to_owned(), manifest })
        } else {
            Err(PackageError::Damaged { directory: directory.to_owned(), mismatches })
        }
    }

    /// The directory of the package that comes with the program: what `GEMWATCH_MODEL` names, else `onnx/models/gem-small`
    /// under the working directory, else `../share/gemwatch/package` beside the executable, else that of the source tree.
    pub fn shipped() -> Result<PathBuf, PackageError> {
        if let Some(named) = std::env::var_os("GEMWATCH_MODEL").filter(|value| !value.is_empty()) {
            return first_package([("GEMWATCH_MODEL names", PathBuf::from(named))]);
        }
        let installed = std::env::current_exe().ok().and_then(|executable| {
            Some(executable.canonicalize().ok()?.parent()?.parent()?.join("share").join("gemwatch").join("package"))
        });
        let places = [
            Some(("in the working directory", PathBuf::from("onnx/models/gem-small"))),
            installed.map(|path| ("beside the executable", path)),
            Some(("in the source tree", PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/onnx/models/gem-small")))),
        ];
        first_package(places.into_iter().flatten())
    }

    /// Where it is.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// What its manifest says.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The vector that ends every line of a map of tiles, if the manifest asks for it; as wide as an embedding.
    pub(super) fn image_newline(&self) -> Result<Option<Vec<f32>>, PackageError> {
        if !self.manifest.image.needs_newline() {
            return Ok(None);
        }
        let path = self.file(IMAGE_NEWLINE);
        let bytes = std::fs::read(&path).map_err(|source| PackageError::Read { path: path.clone(), source })?;
        let values: Vec<f32> = bytes.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
        if values.len() == self.manifest.decoder.hidden && values.iter().all(|value| value.is_finite()) {
            Ok(Some(values))
        } else {
            let what = format!("it must hold {} finite numbers", self.manifest.decoder.hidden);
            Err(PackageError::Value { path, what })
        }
    }

    /// The path of one of its files.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }
}

/// The first directory that holds a manifest.
fn first_package(places: impl IntoIterator<Item = (&'static str, PathBuf)>) -> Result<PathBuf, PackageError> {
    let mut tried = Vec::new();
    for (what, path) in places {
        if path.join(MANIFEST).is_file() {
            return Ok(path);
        }
        tried.push(format!("{what} {} holds no {MANIFEST}", path.display()));
    }
    Err(PackageError::NotFound { tried })
}

/// How a file differs from what the manifest states, if it does.
fn mismatch(directory: &Path, stated: &FileSpec) -> Option<String> {
    let name = &stated.path;
    if name == TOKENIZER && stated.bytes > MAX_TOKENIZER_BYTES {
        return Some(format!("{name} has {} bytes, at most {MAX_TOKENIZER_BYTES} are read", stated.bytes));
    }
    let path = directory.join(name);
    // Asked before opening: opening a pipe would wait for a writer.
    match std::fs::metadata(&path) {
        Ok(metadata) if !metadata.is_file() => return Some(format!("{name} is no file")),
        // The size goes first: it is known without reading gigabytes.
        Ok(metadata) if metadata.len() != stated.bytes => {
            return Some(format!("{name} has {} bytes instead of {}", metadata.len(), stated.bytes));
        }
        Ok(_) => {}
        Err(error) => return Some(format!("{name} could not be opened: {error}")),
    }
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(error) => return Some(format!("{name} could not be opened: {error}")),
    };
    let mut digest = Sha256::new();
    let mut reader = io::BufReader::with_capacity(1 << 20, file.take(stated.bytes));
    if let Err(error) = io::copy(&mut reader, &mut digest) {
        return Some(format!("{name} could not be read: {error}"));
    }
    let found = format!("{:x}", digest.finalize());
    (found != stated.sha256).then(|| format!("{name} has the SHA-256 {found} instead of {}", stated.sha256))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gem::manifest::tests::small_manifest;

    /// A package of files without sense, all of them as stated.
    fn package() -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        write_manifest(directory.path(), &small_manifest(), &[]);
        directory
    }

    /// Writes the manifest and the files that every package has, and lists `others` too.
    fn write_manifest(directory: &Path, manifest: &serde_json::Value, others: &[(&str, &[u8])]) {
        let required = REQUIRED.map(|name| (name, format!("content of {name}").into_bytes()));
        let required = required.iter().map(|(name, content)| (*name, content.as_slice()));
        let mut files = Vec::new();
        for (name, content) in required.chain(others.iter().copied()) {
            std::fs::write(directory.join(name), content).unwrap();
            let sha256 = format!("{:x}", Sha256::digest(content));
            files.push(serde_json::json!({"path": name, "bytes": content.len(), "sha256": sha256}));
        }
        let mut manifest = manifest.clone();
        manifest["files"] = files.into();
        std::fs::write(directory.join(MANIFEST), manifest.to_string()).unwrap();
    }

    fn open_error(directory: &Path) -> String {
        Package::open(directory).unwrap_err().to_string()
    }

    #[test]
    fn a_package_as_stated_opens() {
        let directory = package();
        let package = Package::open(directory.path()).unwrap();
        assert_eq!(package.manifest().name, "small");
        assert_eq!(package.directory(), directory.path());
    }

    #[test]
    fn every_difference_is_named_at_once() {
        let directory = package();
        let path = |name: &str| directory.path().join(name);
        std::fs::write(path("decoder.onnx"), "Content of decoder.onnx").unwrap();
        std::fs::write(path("tokenizer.json"), "short").unwrap();
        std::fs::remove_file(path("ecg_encoder.onnx")).unwrap();
        std::fs::write(path("decoder.onnx.data"), "unlisted").unwrap();
        let error = open_error(directory.path());
        for part in [
            "decoder.onnx has the SHA-256",
            "tokenizer.json has 5 bytes instead of 25",
            "ecg_encoder.onnx could not be opened",
            "decoder.onnx.data is there but not listed",
        ] {
            assert!(error.contains(part), "{error} lacks {part}");
        }
        assert!(!error.contains("image_encoder"), "{error}");
    }

    #[test]
    fn a_graph_that_is_not_listed_is_missed() {
        let directory = package();
        let path = directory.path().join(MANIFEST);
        let mut manifest: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        manifest["files"].as_array_mut().unwrap().remove(0);
        std::fs::write(&path, manifest.to_string()).unwrap();
        assert!(open_error(directory.path()).contains("ecg_encoder.onnx is not listed"));
    }

    #[test]
    fn the_newline_is_there_when_the_merge_needs_it() {
        let directory = tempfile::tempdir().unwrap();
        let mut manifest = small_manifest();
        manifest["image"]["merge"] = "spatial_unpad".into();
        // One tile has no lines to end.
        write_manifest(directory.path(), &manifest, &[]);
        assert_eq!(Package::open(directory.path()).unwrap().image_newline().unwrap(), None);

        manifest["image"]["mode"] = "anyres".into();
        write_manifest(directory.path(), &manifest, &[]);
        assert!(open_error(directory.path()).contains("image_newline.f32 is not listed"));
        write_manifest(directory.path(), &manifest, &[(IMAGE_NEWLINE, &[0; 252])]);
        assert!(open_error(directory.path()).contains("image_newline.f32 has 252 bytes"));

        let numbers = |value: f32| value.to_le_bytes().repeat(64);
        write_manifest(directory.path(), &manifest, &[(IMAGE_NEWLINE, &numbers(0.5))]);
        assert_eq!(Package::open(directory.path()).unwrap().image_newline().unwrap(), Some(vec![0.5; 64]));
        write_manifest(directory.path(), &manifest, &[(IMAGE_NEWLINE, &numbers(f32::NAN))]);
        let error = Package::open(directory.path()).unwrap().image_newline().unwrap_err().to_string();
        assert!(error.contains("64 finite numbers"), "{error}");
    }

    #[test]
    fn a_manifest_that_is_absent_broken_or_endless_is_an_error() {
        let directory = tempfile::tempdir().unwrap();
        assert!(matches!(Package::open(directory.path()), Err(PackageError::Read { .. })));
        std::fs::write(directory.path().join(MANIFEST), "{").unwrap();
        assert!(matches!(Package::open(directory.path()), Err(PackageError::Manifest { .. })));
        std::fs::write(directory.path().join(MANIFEST), vec![b' '; (1 << 20) + 1]).unwrap();
        assert!(matches!(Package::open(directory.path()), Err(PackageError::ManifestTooLong { .. })));
    }

    #[test]
    fn the_first_place_with_a_manifest_wins_and_all_are_named_otherwise() {
        let there = package();
        let empty = tempfile::tempdir().unwrap();
        let places = [("first", empty.path().to_owned()), ("second", there.path().to_owned())];
        assert_eq!(first_package(places).unwrap(), there.path());
        let error = first_package([("first", empty.path().to_owned())]).unwrap_err().to_string();
        assert!(error.contains(&*empty.path().to_string_lossy()), "{error}");
    }
}
