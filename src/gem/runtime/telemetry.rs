//! Keeps ONNX Runtime from reporting to its maker.
//!
//! From release 1.29 on the official builds for Linux and macOS write a device identifier into the user's cache and send
//! a process event while the environment is being made, before any call could switch that off. Only the variable
//! [`SWITCH`], read at that moment, prevents both (onnxruntime pull request 27379). A bedside monitor must not do
//! either, so nothing is loaded without it.

use std::{convert::Infallible, ffi::OsStr, io};

/// The variable ONNX Runtime looks at.
pub(super) const SWITCH: &str = "ORT_DISABLE_TELEMETRY";

/// Is this what ONNX Runtime takes for "off"?
fn is_off(value: Option<&OsStr>) -> bool {
    value == Some(OsStr::new("1"))
}

/// Has this process been started with telemetry off?
pub(super) fn is_off_here() -> bool {
    is_off(std::env::var_os(SWITCH).as_deref())
}

/// Makes sure that this process has telemetry off: if it has not, the program starts itself anew in its place, with the same
/// arguments and the same process id. To be called first in `main`: what ran before runs twice.
///
/// A variable cannot be set safely in a process that may have threads, and libraries start threads of their own. The error
/// says why the program could not be started anew; it runs on, and [`load`](super::load) will refuse.
pub fn restart_without_telemetry() -> io::Result<()> {
    if is_off_here() {
        return Ok(());
    }
    let Err(error) = restart();
    Err(error)
}

/// Replaces this process; returns only if that failed.
#[cfg(unix)]
fn restart() -> io::Result<Infallible> {
    use std::{os::unix::process::CommandExt, process::Command};
    let mut arguments = std::env::args_os();
    let mut command = Command::new(std::env::current_exe()?);
    if let Some(name) = arguments.next() {
        command.arg0(name);
    }
    Err(command.args(arguments).env(SWITCH, "1").exec())
}

/// Other systems have no such call.
#[cfg(not(unix))]
fn restart() -> io::Result<Infallible> {
    Err(io::Error::new(io::ErrorKind::Unsupported, format!("set {SWITCH}=1 in the environment")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_one_is_off() {
        assert!(is_off(Some(OsStr::new("1"))));
        assert!(!is_off(Some(OsStr::new("0"))));
        assert!(!is_off(Some(OsStr::new(""))));
        assert!(!is_off(None));
    }

    /// Stands for a program whose `main` begins like ours; the test below runs it in a process of its own.
    #[test]
    fn program() {
        restart_without_telemetry().unwrap();
        assert!(is_off_here());
        println!("telemetry is off in process {}", std::process::id());
    }

    #[test]
    #[cfg(unix)]
    fn the_program_goes_on_as_the_same_process_with_telemetry_off() {
        let child = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "--nocapture", "gem::runtime::telemetry::tests::program"])
            .env_remove(SWITCH)
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let message = format!("telemetry is off in process {}", child.id());
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success());
        assert!(String::from_utf8_lossy(&output.stdout).contains(&message));
    }
}
