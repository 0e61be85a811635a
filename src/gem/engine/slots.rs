//! How many texts are decoded at once: what a slot costs, and what the configured memory is enough for.

use crate::gem::manifest::{ImageMode, Manifest};

/// More texts at once than this make each of them slow.
pub(super) const MOST_SLOTS: usize = 32;

/// A question may have so many tokens, and the text around it as well, whatever the package's own question has.
const QUESTION_ROOM: usize = 512;

/// The positions of a slot: the longest prompt, where the text of the package's own has `text` tokens, and the longest answer.
pub(super) fn positions(manifest: &Manifest, text: usize, max_new_tokens: usize) -> usize {
    let decoder = &manifest.decoder;
    let prompt = manifest.ecg.tokens + most_image_tokens(manifest) + text.max(QUESTION_ROOM);
    prompt.min(decoder.max_sequence).saturating_add(max_new_tokens).min(decoder.max_positions)
}

/// The slots that so many bytes are enough for, at least one.
pub(super) fn count(manifest: &Manifest, positions: usize, budget_bytes: u64) -> usize {
    let slots = budget_bytes / ((manifest.decoder.bytes_per_position() * positions) as u64).max(1);
    slots.clamp(1, MOST_SLOTS as u64) as usize
}

/// The most tokens a page can become. Mode `anyres` adds at most a token a row of patches to its tiles.
fn most_image_tokens(manifest: &Manifest) -> usize {
    let image = &manifest.image;
    if image.mode != ImageMode::Anyres {
        return image.patches;
    }
    let side = image.size.max(1);
    let tiles =
        image.grid.iter().map(|(width, height)| (width / side).max(1) as usize * (height / side).max(1) as usize);
    let rows = image.grid.iter().map(|(_, height)| (height / side).max(1) as usize * image.patches.isqrt());
    (1 + tiles.max().unwrap_or(1)) * image.patches + rows.max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gem::manifest::tests::small_manifest;

    fn manifest(change: impl Fn(&mut serde_json::Value)) -> Manifest {
        let mut manifest = small_manifest();
        change(&mut manifest);
        serde_json::from_value(manifest).unwrap()
    }

    fn manifest_of_halves() -> Manifest {
        manifest(|manifest| manifest["decoder"]["cache_type"] = "f16".into())
    }

    #[test]
    fn the_budget_buys_slots_of_the_longest_prompt_and_answer() {
        let manifest = manifest(|_| {});
        let positions = positions(&manifest, 40, 300);
        assert_eq!(positions, 101 + 576 + 512 + 300);
        // Keys and values of 2 layers, 4 heads, 16 wide, in f32.
        let slot = 2 * 2 * 4 * 16 * 4 * positions as u64;
        assert_eq!(count(&manifest, positions, 0), 1);
        assert_eq!(count(&manifest, positions, 5 * slot - 1), 4);
        assert_eq!(count(&manifest, positions, 5 * slot), 5);
        assert_eq!(count(&manifest, positions, u64::MAX), MOST_SLOTS);
        let half = manifest_of_halves();
        assert_eq!(count(&half, positions, 5 * slot), 10);
    }

    #[test]
    fn tiles_count_and_no_slot_is_longer_than_the_decoder_can_count() {
        let tiled = manifest(|manifest| {
            manifest["image"]["mode"] = "anyres".into();
            manifest["image"]["grid"] = serde_json::json!([[336, 672], [672, 672]]);
        });
        assert_eq!(most_image_tokens(&tiled), 5 * 576 + 48);
        assert_eq!(positions(&tiled, 40, 5000), 4096);
        let short = manifest(|manifest| manifest["decoder"]["max_sequence"] = 200.into());
        assert_eq!(positions(&short, 40, 20), 220);
    }
}
