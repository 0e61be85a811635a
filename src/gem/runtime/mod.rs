//! Finds ONNX Runtime, loads it and keeps its one environment.
//!
//! In goes an optional path from the configuration; out comes a [`Runtime`] from which sessions are made. The library
//! is looked for in this order: the file that `ORT_DYLIB_PATH` names, the configured file, the program's own cache, an
//! installed Python package; where none is there, the pinned release is fetched into the cache once. A file that was
//! named must be the one that is used: when it is missing or unfit, that is an error, and nothing else is tried.

mod exit;
mod fetch;
mod find;
mod pinned;
mod telemetry;

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

pub use exit::exit;
use find::Candidate;
use ort::environment::Environment;
pub use telemetry::restart_without_telemetry;

/// ONNX Runtime, loaded, with its environment. A process has one; clones share it.
#[derive(Clone, Debug)]
pub struct Runtime {
    /// The library file.
    pub path: PathBuf,
    /// Its version as far as its file name tells it, such as `1.32.0`.
    pub version: String,
    /// How it was found.
    pub origin: Origin,
    environment: Environment,
}

impl Runtime {
    /// The environment sessions are made in.
    pub(super) fn environment(&self) -> &Environment {
        &self.environment
    }
}

impl fmt::Display for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ONNX Runtime {} at {} ({})", self.version, self.path.display(), self.origin)
    }
}

/// How a library file was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Named by `ORT_DYLIB_PATH`.
    EnvironmentVariable,
    /// Named by the configuration.
    Configuration,
    /// In the program's own cache from an earlier start.
    Cache,
    /// Part of an installed Python package `onnxruntime`.
    PythonPackage,
    /// Fetched by this start.
    Fetched,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Origin::EnvironmentVariable => "named by ORT_DYLIB_PATH",
            Origin::Configuration => "named by the configuration",
            Origin::Cache => "from the cache",
            Origin::PythonPackage => "from the installed Python package",
            Origin::Fetched => "just fetched",
        })
    }
}

/// Why there is no ONNX Runtime.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // the fields are named in the message
pub enum RuntimeError {
    /// The process was started without the switch that keeps ONNX Runtime from reporting to its maker.
    #[error("{switch}=1 is not in the environment of this process, so ONNX Runtime would send telemetry: set it and start again", switch = telemetry::SWITCH)]
    TelemetryOn,
    /// A path that was named leads to no file.
    #[error("no file {path}, {origin}: name the library file itself, such as {library}", path = path.display(), library = pinned::library_pattern())]
    NoFile { path: PathBuf, origin: Origin },
    /// A file that was named is not a loadable ONNX Runtime.
    #[error("could not load ONNX Runtime from {path}, {origin}", path = path.display())]
    Load {
        path: PathBuf,
        origin: Origin,
        #[source]
        source: ort::LoadDynamicError,
    },
    /// The library is older than the interface this program was built for.
    #[error("ONNX Runtime at {path}, {origin}, has the version {version}, at least 1.{minimum} is needed", path = path.display(), minimum = ort::MINOR_VERSION)]
    TooOld { path: PathBuf, origin: Origin, version: String },
    /// Nothing was found and nothing could be fetched.
    #[error(
        "found no ONNX Runtime (at least 1.{minimum}): {tried}; install it with `pip install onnxruntime=={pinned}`, or set ORT_DYLIB_PATH to the file {library} taken from that package",
        minimum = ort::MINOR_VERSION,
        pinned = pinned::VERSION,
        library = pinned::library_pattern()
    )]
    NotFound { tried: String },
    /// The library is there but would not start.
    #[error("could not start ONNX Runtime from {path}", path = path.display())]
    Environment {
        path: PathBuf,
        #[source]
        source: ort::Error,
    },
    /// A process can load one library only.
    #[error("ONNX Runtime is already loaded from {loaded}, so {wanted} cannot be", loaded = loaded.display(), wanted = wanted.display())]
    OtherLoaded { loaded: PathBuf, wanted: PathBuf },
}

/// Loads ONNX Runtime, or hands out the one that is loaded already.
///
/// `configured` is the library file named by the configuration, if it names one. The first call may fetch about 30 MB
/// from the Python package index. Refuses to load anything unless telemetry is off, see [`restart_without_telemetry`].
pub fn load(configured: Option<&Path>) -> Result<Runtime, RuntimeError> {
    // The lock is held while loading: `ort` takes the first library for the whole process.
    static LOADED: Mutex<Option<Runtime>> = Mutex::new(None);
    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(runtime) = &*loaded {
        return match configured.map(find::absolute) {
            Some(wanted) if wanted != runtime.path && runtime.origin != Origin::EnvironmentVariable => {
                Err(RuntimeError::OtherLoaded { loaded: runtime.path.clone(), wanted })
            }
            _ => Ok(runtime.clone()),
        };
    }
    if !telemetry::is_off_here() {
        return Err(RuntimeError::TelemetryOn);
    }
    let runtime = search(configured)?;
    tracing::info!(path = %runtime.path.display(), version = runtime.version, origin = %runtime.origin, "ONNX Runtime loaded");
    Ok(loaded.insert(runtime).clone())
}

/// Goes through the places in order.
fn search(configured: Option<&Path>) -> Result<Runtime, RuntimeError> {
    if let Some(candidate) = find::named(std::env::var_os("ORT_DYLIB_PATH"), configured)? {
        return open(candidate);
    }
    let mut tried = vec!["ORT_DYLIB_PATH and the configuration name none".to_owned()];
    let cache = find::cache_directory();
    let places: [(Origin, Result<PathBuf, String>); 2] = [
        (Origin::Cache, cache.as_deref().map_err(Clone::clone).and_then(find::in_cache)),
        (Origin::PythonPackage, find::in_python_package()),
    ];
    for (origin, found) in places {
        match found.map(|path| open(Candidate { path, origin })) {
            Ok(Ok(runtime)) => return Ok(runtime),
            // A stale cache or an old package that happens to be installed must not stand in the way of the next place.
            Ok(Err(error)) => tried.push(with_causes(&error)),
            Err(reason) => tried.push(reason),
        }
    }
    match cache.and_then(|cache| fetch::fetch(&cache)) {
        Ok(path) => open(Candidate { path, origin: Origin::Fetched }),
        Err(reason) => {
            tried.push(reason);
            Err(RuntimeError::NotFound { tried: tried.join("; ") })
        }
    }
}

/// Loads one library and makes the environment.
fn open(Candidate { path, origin }: Candidate) -> Result<Runtime, RuntimeError> {
    // `init_from` compares the version before it resolves any symbol of the interface. `ort::init` and every other
    // function of `ort` would panic on a missing or older library instead.
    let builder = ort::init_from(&path).map_err(|source| match source {
        ort::LoadDynamicError::BadVersion { version_str, .. } => {
            RuntimeError::TooOld { path: path.clone(), origin, version: version_str }
        }
        source => RuntimeError::Load { path: path.clone(), origin, source },
    })?;
    let environment = builder
        .with_name("gemwatch")
        // Windows builds have no other switch.
        .with_telemetry(false)
        .build()
        .map_err(|source| RuntimeError::Environment { path: path.clone(), source })?;
    let version = find::version_in_name(&path).unwrap_or_else(|| format!("1.{} or later", ort::MINOR_VERSION));
    Ok(Runtime { path, version, origin, environment })
}

/// An error and what caused it in one line.
fn with_causes(error: &dyn std::error::Error) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        line.push_str(": ");
        line.push_str(&error.to_string());
        cause = error.source();
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first library counts for the whole process, so this needs one in which no other test runs.
    #[test]
    fn a_file_that_is_no_library_is_an_error_not_a_panic() {
        const ALONE: &str = "GEMWATCH_TEST_ALONE";
        if std::env::var_os(ALONE).is_none() {
            let name = "gem::runtime::tests::a_file_that_is_no_library_is_an_error_not_a_panic";
            let mut alone = std::process::Command::new(std::env::current_exe().unwrap());
            let output = alone.args(["--exact", name]).env(ALONE, "1").output().unwrap();
            let said = String::from_utf8_lossy(&output.stdout);
            assert!(output.status.success() && said.contains("1 passed"), "{said}");
            return;
        }
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("libonnxruntime.so.1.32.0");
        std::fs::write(&path, b"not a library").unwrap();
        let error = open(Candidate { path: path.clone(), origin: Origin::Configuration }).unwrap_err();
        assert!(matches!(error, RuntimeError::Load { .. }), "{error}");
        assert!(with_causes(&error).contains(&*path.to_string_lossy()), "{error}");
    }

    #[test]
    fn the_library_loads_once_and_stays_the_same() {
        let first = load(None).unwrap();
        assert!(first.path.is_file());
        assert_eq!(load(None).unwrap().path, first.path);
        assert_eq!(load(Some(&first.path)).unwrap().path, first.path);
    }
}
