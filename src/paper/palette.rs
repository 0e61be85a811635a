//! An image of few colours as indices into a palette: a third of the bytes to compress.

use image::RgbImage;

/// An image as palette indices.
pub(super) struct Indexed {
    /// Red, green and blue of each colour, in the order in which they occur.
    pub palette: Vec<u8>,
    /// One index a pixel, row by row.
    pub indices: Vec<u8>,
}

const MAX_COLOURS: usize = 256;
/// Four times as many slots as colours keep the probes short.
const COLOUR_SLOT_BITS: u32 = 10;
/// So many pixels are looked up at a time.
const BLOCK: usize = 8;
const BLOCK_BYTES: usize = 3 * BLOCK;
/// Graph paper has some hundred different blocks.
const BLOCK_SLOT_BITS: u32 = 11;

/// The image with a palette; `None` if it has more than 256 colours.
pub(super) fn indexed(image: &RgbImage) -> Option<Indexed> {
    let (blocks, rest) = image.as_raw().as_chunks::<BLOCK_BYTES>();
    let mut colours = Colours::new();
    // Blocks met before and their indices; at first every slot holds the all-black block.
    let black = colours.index_of([0; 3])?;
    let mut known = vec![([0; BLOCK_BYTES], [black; BLOCK]); 1 << BLOCK_SLOT_BITS];
    let mut indices = vec![0; image.as_raw().len() / 3];
    let (new_blocks, new_rest) = indices.as_chunks_mut::<BLOCK>();
    for (block, new) in blocks.iter().zip(new_blocks) {
        let (pixels, found) = &mut known[slot_of(block)];
        if pixels != block {
            for (pixel, index) in block.as_chunks::<3>().0.iter().zip(&mut *found) {
                *index = colours.index_of(*pixel)?;
            }
            *pixels = *block;
        }
        *new = *found;
    }
    for (pixel, new) in rest.as_chunks::<3>().0.iter().zip(new_rest) {
        *new = colours.index_of(*pixel)?;
    }
    Some(Indexed { palette: colours.palette, indices })
}

/// Where a block is remembered: multiplicative hashing of its three words.
fn slot_of(block: &[u8; BLOCK_BYTES]) -> usize {
    const FACTORS: [u64; 3] = [0x9E37_79B9_7F4A_7C15, 0xC2B2_AE3D_27D4_EB4F, 0x1656_67B1_9E37_79F9];
    let words = block.as_chunks::<8>().0;
    let hash =
        words.iter().zip(FACTORS).fold(0, |hash, (word, factor)| hash ^ u64::from_le_bytes(*word).wrapping_mul(factor));
    (hash >> (u64::BITS - BLOCK_SLOT_BITS)) as usize
}

/// The colours met so far: an open hash table.
struct Colours {
    /// Colour plus one, and its index; 0 is free.
    slots: Vec<(u32, u8)>,
    palette: Vec<u8>,
}

impl Colours {
    fn new() -> Colours {
        Colours { slots: vec![(0, 0); 1 << COLOUR_SLOT_BITS], palette: Vec::with_capacity(3 * MAX_COLOURS) }
    }

    /// The index of a colour, new or known; `None` if the palette is full.
    fn index_of(&mut self, pixel: [u8; 3]) -> Option<u8> {
        let key = u32::from_be_bytes([0, pixel[0], pixel[1], pixel[2]]) + 1;
        let mut slot = (key.wrapping_mul(0x9E37_79B1) >> (u32::BITS - COLOUR_SLOT_BITS)) as usize;
        loop {
            let (known, index) = self.slots[slot];
            if known == key {
                return Some(index);
            }
            if known == 0 {
                let index = u8::try_from(self.palette.len() / 3).ok()?;
                self.slots[slot] = (key, index);
                self.palette.extend_from_slice(&pixel);
                return Some(index);
            }
            slot = (slot + 1) % self.slots.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use image::{Rgb, RgbImage};
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn palette_and_indices_give_the_image_back(
            width in 1..40_u32, height in 1..20_u32, colours in 1..400_u32, seed: u32,
        ) {
            let image = RgbImage::from_fn(width, height, |x, y| {
                let colour = (x ^ seed).wrapping_mul(y / 3 + 7) % colours;
                Rgb([colour as u8, (colour >> 8) as u8, 9])
            });
            // Black is always in the palette.
            let distinct = image.pixels().copied().collect::<HashSet<_>>().len() + 1;
            match indexed(&image) {
                None => prop_assert!(distinct > MAX_COLOURS),
                Some(indexed) => {
                    prop_assert_eq!(indexed.palette.len(), 3 * distinct);
                    let colour_of = |index: &u8| &indexed.palette[usize::from(*index) * 3..][..3];
                    let back: Vec<u8> = indexed.indices.iter().flat_map(colour_of).copied().collect();
                    prop_assert_eq!(image.as_raw(), &back);
                }
            }
        }
    }
}
