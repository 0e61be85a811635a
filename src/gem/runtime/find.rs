//! Looks for an ONNX Runtime library that is already on this machine.
//!
//! In go the environment, the configuration, the cache and the Python installation; out come paths of library files, or
//! for each place why there is none.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use etcetera::BaseStrategy;

use super::{Origin, RuntimeError, pinned};

/// A library file that may be loaded.
#[derive(Debug)]
pub(super) struct Candidate {
    pub path: PathBuf,
    pub origin: Origin,
}

/// Prints where the package `onnxruntime` is installed. The working directory is taken off the search path: a folder of
/// that name there is not an installed package. Nothing is imported.
const WHERE_IS_THE_PACKAGE: &str = "\
import sys
sys.path = [place for place in sys.path if place]
import importlib.util
spec = importlib.util.find_spec('onnxruntime')
for place in (spec.submodule_search_locations or []) if spec else []:
    print(place)
";

/// The file that `ORT_DYLIB_PATH` or the configuration names.
pub(super) fn named(variable: Option<OsString>, configured: Option<&Path>) -> Result<Option<Candidate>, RuntimeError> {
    let variable = variable.filter(|value| !value.is_empty()).map(PathBuf::from);
    let (path, origin) = match (&variable, configured) {
        (Some(path), _) => (path.as_path(), Origin::EnvironmentVariable),
        (None, Some(path)) => (path, Origin::Configuration),
        (None, None) => return Ok(None),
    };
    if !path.is_file() {
        return Err(RuntimeError::NoFile { path: path.to_owned(), origin });
    }
    Ok(Some(Candidate { path: absolute(path), origin }))
}

/// The path with links and the working directory resolved, where that is possible. A relative path would be looked up
/// beside the executable first.
pub(super) fn absolute(path: &Path) -> PathBuf {
    path.canonicalize().or_else(|_| std::path::absolute(path)).unwrap_or_else(|_| path.to_owned())
}

/// Where the program keeps the library it fetched.
pub(super) fn cache_directory() -> Result<PathBuf, String> {
    let base = etcetera::choose_base_strategy().map_err(|error| format!("no cache directory: {error}"))?;
    Ok(base.cache_dir().join("gemwatch").join("onnxruntime").join(pinned::VERSION))
}

/// The library in the cache.
pub(super) fn in_cache(cache: &Path) -> Result<PathBuf, String> {
    library_in(cache).ok_or_else(|| format!("none in the cache {}", cache.display()))
}

/// The library of the Python package `onnxruntime`, if `python3` has it.
pub(super) fn in_python_package() -> Result<PathBuf, String> {
    let output = Command::new("python3")
        .args(["-c", WHERE_IS_THE_PACKAGE])
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("could not ask python3 for the package onnxruntime: {error}"))?;
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .find_map(|place| library_in(&Path::new(place).join("capi")))
        .ok_or_else(|| "python3 has no package onnxruntime with a library".to_owned())
}

/// The ONNX Runtime library in a directory; its plug-ins (`libonnxruntime_providers_*`) are not it.
fn library_in(directory: &Path) -> Option<PathBuf> {
    let mut names: Vec<OsString> = std::fs::read_dir(directory)
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.file_name()))
        .filter(|name| {
            let name = name.to_string_lossy();
            name.starts_with("libonnxruntime.so") || (name.starts_with("libonnxruntime.") && name.ends_with(".dylib"))
        })
        .collect();
    names.sort();
    // The full name with the version sorts behind its own short links.
    names.pop().map(|name| absolute(&directory.join(name)))
}

/// The version in a name such as `libonnxruntime.so.1.32.0` or `libonnxruntime.1.32.0.dylib`.
pub(super) fn version_in_name(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_str()?;
    let rest = name.strip_prefix("libonnxruntime.")?;
    let version = rest.strip_prefix("so.").or_else(|| rest.strip_suffix(".dylib"))?;
    let is_version = version.split('.').count() >= 2 && version.split('.').all(|part| part.parse::<u32>().is_ok());
    is_version.then(|| version.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_goes_before_the_configuration_and_both_must_exist() {
        let directory = tempfile::tempdir().unwrap();
        let there = directory.path().join("there.so");
        std::fs::write(&there, b"").unwrap();
        let absent = directory.path().join("absent.so");

        assert!(named(None, None).unwrap().is_none());
        assert!(named(Some(OsString::new()), None).unwrap().is_none());
        let found = named(Some(there.clone().into()), Some(&absent)).unwrap().unwrap();
        assert_eq!(found.origin, Origin::EnvironmentVariable);
        assert_eq!(named(None, Some(&there)).unwrap().unwrap().origin, Origin::Configuration);
        let error = named(Some(absent.into()), Some(&there)).unwrap_err().to_string();
        assert!(error.contains("absent.so, named by ORT_DYLIB_PATH"), "{error}");
        assert!(named(None, Some(directory.path())).is_err());
    }

    #[test]
    fn the_library_is_told_from_its_plug_ins() {
        let directory = tempfile::tempdir().unwrap();
        assert!(library_in(directory.path()).is_none());
        for name in ["libonnxruntime_providers_shared.so", "libonnxruntime.so.1.24.4", "onnxruntime.py"] {
            std::fs::write(directory.path().join(name), b"").unwrap();
        }
        let library = library_in(directory.path()).unwrap();
        assert!(library.ends_with("libonnxruntime.so.1.24.4"));
        assert_eq!(version_in_name(&library).as_deref(), Some("1.24.4"));
    }

    #[test]
    fn the_version_is_read_from_names_of_both_systems() {
        let version = |name: &str| version_in_name(Path::new(name));
        assert_eq!(version("/x/libonnxruntime.1.32.0.dylib").as_deref(), Some("1.32.0"));
        assert_eq!(version("/x/libonnxruntime.so"), None);
        assert_eq!(version("/x/libonnxruntime.so.1"), None);
        assert_eq!(version("/x/other.so.1.2.3"), None);
    }
}
