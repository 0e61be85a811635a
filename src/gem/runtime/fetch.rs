//! Fetches the pinned wheel once and unpacks the library into the cache.
//!
//! In goes the cache directory, out comes the path of the library in it. `pip` is asked first, so that its settings and
//! mirrors apply; without it the wheel comes over HTTPS from the Python package index. The wheel's SHA-256 is pinned, so
//! it does not matter who delivered it. The library appears in the cache by a rename: two processes at once both see
//! either no library or a whole one.

use std::{
    fs::File,
    io::{self, Read, Seek, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressStyle};
use sha2::{Digest, Sha256};
use ureq::{
    Agent,
    tls::{RootCerts, TlsConfig},
};

use super::pinned::{self, Wheel};

/// The index's description of the pinned release (its JSON interface).
const INDEX: &str = "https://pypi.org/pypi/onnxruntime";
/// No wheel of ONNX Runtime for the CPU comes near this.
const MAX_WHEEL_BYTES: u64 = 100 << 20;
/// Nor the library in it.
const MAX_LIBRARY_BYTES: u64 = 400 << 20;
/// The index's description of one release is some 50 kB.
const MAX_INDEX_BYTES: u64 = 8 << 20;

/// Fetches the library into `cache`. The error is a fragment that says what was tried.
pub(super) fn fetch(cache: &Path) -> Result<PathBuf, String> {
    let wheel = Wheel::for_this_platform()
        .ok_or_else(|| format!("no wheel is pinned for {} on {}", std::env::consts::ARCH, std::env::consts::OS))?;
    let in_cache = |error: io::Error| format!("could not write to the cache {}: {error}", cache.display());
    std::fs::create_dir_all(cache).map_err(in_cache)?;
    let download = tempfile::Builder::new().prefix(".download-").tempdir_in(cache).map_err(in_cache)?;
    let file = match from_pip(wheel, download.path()) {
        Ok(file) => file,
        Err(pip) => from_index(wheel, &format!("{INDEX}/{}/json", pinned::VERSION), download.path())
            .map_err(|index| format!("{pip}; {index}"))?,
    };
    unpack(wheel, file, cache)
}

/// Lets `pip` fetch the wheel.
fn from_pip(wheel: &Wheel, directory: &Path) -> Result<File, String> {
    let bar = ProgressBar::new_spinner().with_message(format!("fetching ONNX Runtime {} with pip", pinned::VERSION));
    bar.enable_steady_tick(Duration::from_millis(100));
    let output = Command::new("python3")
        .args(["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"])
        .args(["--disable-pip-version-check", "--no-input"])
        .args(["--python-version", pinned::PYTHON_VERSION, "--platform", wheel.platform])
        .arg(format!("onnxruntime=={}", pinned::VERSION))
        .arg("--dest")
        .arg(directory)
        .stdin(Stdio::null())
        .output();
    bar.finish_and_clear();
    let output = output.map_err(|error| format!("could not run pip: {error}"))?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        let last = text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("no message").trim();
        return Err(format!("pip could not fetch onnxruntime {}: {last}", pinned::VERSION));
    }
    let path = directory.join(wheel.file_name);
    let mut file = File::open(&path).map_err(|error| format!("pip left no {}: {error}", wheel.file_name))?;
    check(wheel, &mut file)?;
    Ok(file)
}

/// Fetches the wheel from the Python package index itself.
fn from_index(wheel: &Wheel, index: &str, directory: &Path) -> Result<File, String> {
    let failed = |url: &str, error: &dyn std::fmt::Display| format!("could not fetch {url}: {error}");
    let agent: Agent = Agent::config_builder()
        .timeout_connect(Some(Duration::from_secs(20)))
        .timeout_global(Some(Duration::from_mins(30)))
        .tls_config(TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build())
        .build()
        .into();
    let mut release = agent.get(index).call().map_err(|error| failed(index, &error))?;
    let release =
        release.body_mut().with_config().limit(MAX_INDEX_BYTES).read_to_vec().map_err(|error| failed(index, &error))?;
    let release: serde_json::Value = serde_json::from_slice(&release).map_err(|error| failed(index, &error))?;
    let url = release["urls"]
        .as_array()
        .and_then(|files| files.iter().find(|file| file["filename"] == wheel.file_name))
        .and_then(|file| file["url"].as_str())
        .ok_or_else(|| format!("the index at {index} does not list {}", wheel.file_name))?;

    let response = agent.get(url).call().map_err(|error| failed(url, &error))?;
    let length = response.body().content_length();
    let bar = ProgressBar::new(length.unwrap_or(0)).with_message(format!("fetching ONNX Runtime {}", pinned::VERSION));
    if let Ok(style) = ProgressStyle::with_template("{msg} {bar:30} {bytes}/{total_bytes} {eta}") {
        bar.set_style(style);
    }
    let body = response.into_body().into_with_config().limit(MAX_WHEEL_BYTES).reader();
    let mut file = tempfile::tempfile_in(directory).map_err(|error| failed(url, &error))?;
    let copied = io::copy(&mut bar.wrap_read(body), &mut file);
    bar.finish_and_clear();
    copied.map_err(|error| failed(url, &error))?;
    check(wheel, &mut file)?;
    Ok(file)
}

/// Compares a file with the pinned digest and rewinds it.
fn check(wheel: &Wheel, file: &mut File) -> Result<(), String> {
    let unreadable = |error: io::Error| format!("could not read {}: {error}", wheel.file_name);
    let mut digest = Sha256::new();
    file.rewind().map_err(unreadable)?;
    let bytes = io::copy(&mut file.take(MAX_WHEEL_BYTES + 1), &mut digest).map_err(unreadable)?;
    let found = format!("{:x}", digest.finalize());
    if bytes > MAX_WHEEL_BYTES || found != wheel.sha256 {
        return Err(format!(
            "{} is not the pinned file: its SHA-256 is {found}, not {}",
            wheel.file_name, wheel.sha256
        ));
    }
    file.rewind().map_err(unreadable)
}

/// Takes the library out of the wheel and puts it into the cache, whole or not at all.
fn unpack(wheel: &Wheel, file: File, cache: &Path) -> Result<PathBuf, String> {
    let failed = |error: &dyn std::fmt::Display| format!("could not unpack {}: {error}", wheel.file_name);
    let mut archive = zip::ZipArchive::new(file).map_err(|error| failed(&error))?;
    let member = archive.by_name(wheel.member).map_err(|error| failed(&error))?;
    let size = member.size();
    if size > MAX_LIBRARY_BYTES {
        return Err(failed(&format!("{} has {size} bytes", wheel.member)));
    }
    let mut library =
        tempfile::Builder::new().prefix(".library-").tempfile_in(cache).map_err(|error| failed(&error))?;
    let copied = io::copy(&mut member.take(size), &mut library).map_err(|error| failed(&error))?;
    if copied != size {
        return Err(failed(&format!("{} ends after {copied} of {size} bytes", wheel.member)));
    }
    library.flush().and_then(|()| library.as_file().sync_all()).map_err(|error| failed(&error))?;
    let path = cache.join(wheel.library());
    library.persist(&path).map_err(|error| failed(&error.error))?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    /// A wheel that holds a "library" of a few bytes, and its description.
    fn small_wheel() -> (Wheel, Vec<u8>) {
        let member = "onnxruntime/capi/libonnxruntime.so.1.32.0";
        let mut writer = zip::ZipWriter::new(io::Cursor::new(Vec::new()));
        writer.start_file(member, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(b"library").unwrap();
        let bytes = writer.finish().unwrap().into_inner();
        let sha256: &'static str = format!("{:x}", Sha256::digest(&bytes)).leak();
        (Wheel { file_name: "small.whl", platform: "none", sha256, member }, bytes)
    }

    fn file_of(bytes: &[u8]) -> File {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        file
    }

    #[test]
    fn the_library_is_unpacked_whole_and_nothing_else_is_left() {
        let (wheel, bytes) = small_wheel();
        let cache = tempfile::tempdir().unwrap();
        // Twice: the second process replaces the file by the same one.
        for _ in 0..2 {
            let path = unpack(&wheel, file_of(&bytes), cache.path()).unwrap();
            assert_eq!(std::fs::read(path).unwrap(), b"library");
            assert_eq!(std::fs::read_dir(cache.path()).unwrap().count(), 1);
        }
    }

    #[test]
    fn another_wheel_than_the_pinned_one_is_refused() {
        let (wheel, mut bytes) = small_wheel();
        check(&wheel, &mut file_of(&bytes)).unwrap();
        bytes[40] ^= 1;
        let error = check(&wheel, &mut file_of(&bytes)).unwrap_err();
        assert!(error.contains("is not the pinned file"), "{error}");
    }

    #[test]
    fn a_wheel_without_the_library_is_refused() {
        let (mut wheel, bytes) = small_wheel();
        wheel.member = "onnxruntime/capi/other.so";
        let cache = tempfile::tempdir().unwrap();
        assert!(unpack(&wheel, file_of(&bytes), cache.path()).is_err());
        assert!(unpack(&wheel, file_of(b"no archive"), cache.path()).is_err());
        assert_eq!(std::fs::read_dir(cache.path()).unwrap().count(), 0);
    }

    /// Answers one request after another, each connection once.
    fn serve(answers: Vec<Vec<u8>>) -> (String, std::thread::JoinHandle<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let base = address.clone();
        let server = std::thread::spawn(move || {
            for body in answers {
                let (mut connection, _) = listener.accept().unwrap();
                let mut request = Vec::new();
                while !request.ends_with(b"\r\n\r\n") {
                    let mut byte = [0];
                    connection.read_exact(&mut byte).unwrap();
                    request.push(byte[0]);
                }
                let text = String::from_utf8_lossy(&body).replace("BASE", &base);
                let body = if text.contains(&base) { text.into_bytes() } else { body };
                let head = format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
                connection.write_all(head.as_bytes()).unwrap();
                connection.write_all(&body).unwrap();
            }
        });
        (address, server)
    }

    #[test]
    fn the_index_is_asked_for_the_file_by_name() {
        let (wheel, bytes) = small_wheel();
        let listing = br#"{"urls": [{"filename": "other.whl", "url": "BASE/other"}, {"filename": "small.whl", "url": "BASE/small"}]}"#;
        let (address, server) = serve(vec![listing.to_vec(), bytes.clone()]);
        let directory = tempfile::tempdir().unwrap();
        let mut file = from_index(&wheel, &address, directory.path()).unwrap();
        let mut found = Vec::new();
        file.read_to_end(&mut found).unwrap();
        assert_eq!(found, bytes);
        server.join().unwrap();
    }

    #[test]
    fn an_index_without_the_file_and_a_wrong_file_are_named() {
        let (wheel, _) = small_wheel();
        let directory = tempfile::tempdir().unwrap();
        let (address, server) = serve(vec![br#"{"urls": []}"#.to_vec()]);
        let error = from_index(&wheel, &address, directory.path()).unwrap_err();
        assert!(error.contains("does not list small.whl"), "{error}");
        server.join().unwrap();

        let listing = br#"{"urls": [{"filename": "small.whl", "url": "BASE/small"}]}"#;
        let (address, server) = serve(vec![listing.to_vec(), b"something else".to_vec()]);
        let error = from_index(&wheel, &address, directory.path()).unwrap_err();
        assert!(error.contains("is not the pinned file"), "{error}");
        server.join().unwrap();
    }
}
