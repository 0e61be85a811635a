//! Bytes of a waveform message: refused with a reason, or a chunk that passes every check and survives the way back.
#![no_main]

use gemwatch::wire::waveform::{decode, encode};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    match decode(bytes) {
        Ok(chunk) => {
            assert_eq!(chunk.check(), Ok(()));
            let again = decode(&encode(&chunk)).expect("what was decoded can be sent again");
            assert_eq!(again, chunk);
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
