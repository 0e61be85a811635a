//! Bytes of a page as PNG: refused with a reason, or what was written about it.
#![no_main]

use gemwatch::paper::read_page_info;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Err(error) = read_page_info(bytes) {
        assert!(!error.to_string().is_empty());
    }
});
