//! Ends the process while ONNX Runtime may be at work.
//!
//! The model reads on threads that no end of the service waits for: a step may take minutes, and so may the loading of a large
//! model. An ordinary exit would run the destructors of the C++ libraries under those threads, which then die of a
//! segmentation fault now and then; and a stop that went well looks like a crash to whoever supervises the process.
#![allow(unsafe_code)]

use std::io::Write as _;

/// Ends the process with this status, now: no destructor runs any more, in Rust or in C++. What was printed is flushed; all else
/// that must be done at the end is done before.
pub fn exit(status: u8) -> ! {
    // Standard output may be closed; then nobody misses it.
    let _ = std::io::stdout().flush();
    // SAFETY: it takes any status and touches no memory of the process.
    unsafe { libc::_exit(status.into()) }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    /// What an ordinary exit destroys. Those of C++ go the same way, after it.
    struct Destructor;

    impl Drop for Destructor {
        fn drop(&mut self) {
            println!("destroyed");
        }
    }

    thread_local!(static DESTRUCTOR: Destructor = const { Destructor });

    #[test]
    fn what_was_printed_is_seen_and_nothing_is_destroyed() {
        const ALONE: &str = "GEMWATCH_TEST_ALONE";
        if std::env::var_os(ALONE).is_some() {
            DESTRUCTOR.with(|_| print!("last words"));
            exit(7);
        }
        let name = "gem::runtime::exit::tests::what_was_printed_is_seen_and_nothing_is_destroyed";
        let mut alone = Command::new(std::env::current_exe().unwrap());
        let output = alone.args(["--exact", name, "--nocapture"]).env(ALONE, "1").output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(7), "{said}");
        assert!(said.contains("last words") && !said.contains("destroyed"), "{said}");
    }
}
