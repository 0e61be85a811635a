//! Bytes of a command: refused with a reason, or an order for one bed that is the same when it is written and read again.
#![no_main]

use gemwatch::{alarm::LimitProfiles, wire::Command};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let profiles = LimitProfiles::default();
    let command = match Command::read(bytes) {
        Ok(command) => command,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return;
        }
    };
    match command.order(&profiles) {
        Ok((stream_id, order)) => {
            assert!(!stream_id.as_str().chars().any(char::is_control));
            let written = serde_json::to_vec(&command).expect("a command is JSON");
            let again = Command::read(&written).expect("what was written can be read");
            assert_eq!(again.order(&profiles).expect("what was an order is one"), (stream_id, order));
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
