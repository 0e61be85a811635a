//! The manifest of a model package: refused with a reason, or numbers that can be used.
#![no_main]

use gemwatch::gem::{manifest::Manifest, prompt::prompt_text};
use libfuzzer_sys::fuzz_target;

/// What keys and values of one position may take: 2 * 1024 layers * 4096 heads * 4096 * 4 bytes.
const MOST_BYTES_PER_POSITION: usize = 1 << 38;

fuzz_target!(|bytes: &[u8]| {
    let Ok(manifest) = serde_json::from_slice::<Manifest>(bytes) else { return };
    match manifest.check() {
        Ok(()) => {
            let decoder = &manifest.decoder;
            assert!((1..=MOST_BYTES_PER_POSITION).contains(&decoder.bytes_per_position()));
            assert!(manifest.files.iter().all(|file| !file.path.contains('/')));
            let prompt = prompt_text(&manifest.prompt, "What is the rhythm?").expect("a short question fits");
            assert!(prompt.contains(&manifest.prompt.image_placeholder));
        }
        Err(what) => assert!(!what.is_empty()),
    }
});
