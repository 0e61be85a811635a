//! Bytes of a request for a reading: refused with a reason, or one that survives the way back and whose window can be measured.
#![no_main]

use gemwatch::measure::measure;
use gemwatch::wire::reading_request::{Content, decode, encode};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    match decode(bytes) {
        Ok(message) => {
            let again = decode(&encode(&message)).expect("what was decoded can be sent again");
            assert_eq!(again.stream_id, message.stream_id);
            if let Content::Window(window) = &message.content {
                measure(&window.strip);
            }
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
