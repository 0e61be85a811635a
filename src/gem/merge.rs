//! The tokens of several tiles as one sequence.
//!
//! In go the tokens of the squeezed picture and of the tiles of the enlarged one ([`image`](super::image), mode `anyres`),
//! the vector that ends a line, and the size of the original picture; out comes what the decoder reads. The three ways are
//! those of LLaVA-1.6 (Liu et al. 2024, "LLaVA-NeXT"), in the same order of floating point operations.

use std::ops::Range;

use ndarray::{Array2, Array3, s};

use super::{
    image::{ImageError, TileMap},
    manifest::{ImageMerge, ImageMode, ImageSpec},
};

/// Why tokens cannot be joined.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[allow(missing_docs)] // the fields are named in the message
pub enum MergeError {
    /// The picture's size is not one that can be laid out.
    #[error("could not lay out the tiles")]
    Layout(#[from] ImageError),
    /// Tiles are absent or left over.
    #[error("there are tokens of {found} tiles, an image of {width} x {height} pixels makes {expected}")]
    Tiles { found: usize, expected: usize, width: u32, height: u32 },
    /// The tokens of a tile are no square of patches.
    #[error("a tile has {patches} tokens, which is no square: they cannot be laid out as a map")]
    NoSquare { patches: usize },
    /// The vector that ends a line is absent or of another width.
    #[error("merge spatial_unpad needs a vector of {expected} numbers to end a line with, there are {found}")]
    Newline { found: usize, expected: usize },
}

/// Joins the tokens of tiles, shape (tiles, patches, hidden), to one sequence, shape (n, hidden).
///
/// In modes `ori` and `pad` and in merge `flat` the tiles follow one another. Otherwise the first tile, the whole picture, is
/// followed by the others as one map, line by line; `spatial_unpad` leaves out the lines or columns that only show the frame
/// around the picture, and ends every line with `newline`. `picture` is the original's width and height in pixels.
pub fn merge_tiles(
    tokens: &Array3<f32>,
    spec: &ImageSpec,
    newline: Option<&[f32]>,
    picture: (u32, u32),
) -> Result<Array2<f32>, MergeError> {
    let (tiles, patches, hidden) = tokens.dim();
    if spec.mode != ImageMode::Anyres {
        return Ok(in_sequence(tokens));
    }
    let map = TileMap::of(spec, picture)?;
    let (columns, rows) = (map.columns as usize, map.rows as usize);
    if tiles != 1 + columns * rows {
        let (width, height) = picture;
        return Err(MergeError::Tiles { found: tiles, expected: 1 + columns * rows, width, height });
    }
    if spec.merge == ImageMerge::Flat {
        return Ok(in_sequence(tokens));
    }
    let side = patches.isqrt();
    if side * side != patches {
        return Err(MergeError::NoSquare { patches });
    }
    let (lines, across, newline) = match spec.merge {
        ImageMerge::Flat | ImageMerge::Spatial => (0..rows * side, 0..columns * side, None),
        ImageMerge::SpatialUnpad => {
            let newline = newline.unwrap_or_default();
            if newline.len() != hidden {
                return Err(MergeError::Newline { found: newline.len(), expected: hidden });
            }
            let (lines, across) = without_frame(rows * side, columns * side, picture);
            (lines, across, Some(newline))
        }
    };
    let count = patches + lines.len() * (across.len() + usize::from(newline.is_some()));
    let mut values = Vec::with_capacity(count * hidden);
    values.extend(tokens.slice(s![0, .., ..]));
    for y in lines {
        for x in across.clone() {
            let tile = 1 + y / side * columns + x / side;
            values.extend(tokens.slice(s![tile, y % side * side + x % side, ..]));
        }
        values.extend(newline.unwrap_or_default());
    }
    Ok(Array2::from_shape_vec((count, hidden), values).expect("every token was counted (this is a bug)"))
}

/// One tile after the other.
fn in_sequence(tokens: &Array3<f32>) -> Array2<f32> {
    let (tiles, patches, hidden) = tokens.dim();
    let values = tokens.iter().copied().collect();
    Array2::from_shape_vec((tiles * patches, hidden), values).expect("no token was added (this is a bug)")
}

/// The lines and columns of a map that show the picture. Of an odd number of lines that show the frame, one stays.
fn without_frame(rows: usize, columns: usize, (width, height): (u32, u32)) -> (Range<usize>, Range<usize>) {
    let (width, height) = (f64::from(width), f64::from(height));
    let middle = |length: usize, shown: f64| {
        let frame = length.saturating_sub(shown as usize) / 2;
        frame..length - frame
    };
    if width / height > columns as f64 / rows as f64 {
        (middle(rows, height * (columns as f64 / width)), 0..columns)
    } else {
        (0..rows, middle(columns, width * (rows as f64 / height)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::gem::manifest::{Manifest, tests::small_manifest};

    const NEWLINE: [f32; 1] = [-1.0];

    fn spec(mode: ImageMode, merge: ImageMerge) -> ImageSpec {
        let manifest: Manifest = serde_json::from_value(small_manifest()).unwrap();
        let grid = vec![(336, 672), (672, 336), (672, 672), (1008, 336), (336, 1008)];
        ImageSpec { mode, grid, merge, ..manifest.image }
    }

    /// Tokens of one number: the tile's before the point, the patch's behind it.
    fn tokens(tiles: usize, patches: usize) -> Array3<f32> {
        Array3::from_shape_fn((tiles, patches, 1), |(tile, patch, _)| tile as f32 + patch as f32 / 16.0)
    }

    fn merged(merge: ImageMerge, tokens: &Array3<f32>, picture: (u32, u32)) -> Vec<f32> {
        let spec = spec(ImageMode::Anyres, merge);
        merge_tiles(tokens, &spec, Some(&NEWLINE), picture).unwrap().into_raw_vec_and_offset().0
    }

    #[test]
    fn one_tile_stays_as_it_is_and_flat_tiles_follow_one_another() {
        let one = tokens(1, 4);
        let alone = merge_tiles(&one, &spec(ImageMode::Ori, ImageMerge::SpatialUnpad), None, (2200, 1700)).unwrap();
        assert_eq!(alone.into_raw_vec_and_offset().0, [0.0, 0.0625, 0.125, 0.1875]);
        let flat = merged(ImageMerge::Flat, &tokens(5, 4), (2200, 1700));
        assert_eq!(flat, tokens(5, 4).into_raw_vec_and_offset().0);
    }

    #[test]
    fn the_map_is_read_line_by_line_across_its_tiles() {
        let found = merged(ImageMerge::Spatial, &tokens(5, 4), (2000, 2000));
        let (a, b, c, d) = (0.0, 0.0625, 0.125, 0.1875);
        let base = [a, b, c, d];
        let above = [1.0 + a, 1.0 + b, 2.0 + a, 2.0 + b, 1.0 + c, 1.0 + d, 2.0 + c, 2.0 + d];
        let below = above.map(|value| value + 2.0);
        assert_eq!(found, [&base[..], &above, &below].concat());
        // A square has no frame.
        let unpadded = merged(ImageMerge::SpatialUnpad, &tokens(5, 4), (2000, 2000));
        let lines = [&above[..4], &NEWLINE, &above[4..], &NEWLINE, &below[..4], &NEWLINE, &below[4..], &NEWLINE];
        assert_eq!(unpadded, [&base[..], &lines.concat()].concat());
    }

    #[test]
    fn lines_of_the_frame_are_left_out_two_at_a_time() {
        // The map is 48 x 48, 37 lines of it show the picture; of the 11 others one stays.
        assert_eq!(without_frame(48, 48, (2200, 1700)), (5..43, 0..48));
        assert_eq!(without_frame(48, 48, (1700, 2200)), (0..48, 5..43));
        assert_eq!(merged(ImageMerge::SpatialUnpad, &tokens(5, 576), (2200, 1700)).len(), 2438);
        assert_eq!(merged(ImageMerge::SpatialUnpad, &tokens(4, 576), (1503, 481)).len(), 2328);
        // 55 * 48 / 176 is 15; but the reference divides first, gets a little less and keeps 14.
        assert_eq!(without_frame(48, 48, (176, 55)), (17..31, 0..48));
    }

    #[test]
    fn of_a_picture_without_extent_only_the_whole_stays() {
        assert_eq!(merged(ImageMerge::SpatialUnpad, &tokens(3, 576), (8192, 1)).len(), 576);
        let narrow = merged(ImageMerge::SpatialUnpad, &tokens(3, 576), (1, 8192));
        assert_eq!((narrow.len(), &narrow[576..]), (576 + 48, &[-1.0; 48][..]));
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let unpad = spec(ImageMode::Anyres, ImageMerge::SpatialUnpad);
        let page = (2200, 1700);
        let error = |tokens: &Array3<f32>, newline: Option<&[f32]>, picture| {
            merge_tiles(tokens, &unpad, newline, picture).unwrap_err()
        };
        assert_eq!(error(&tokens(5, 4), None, page), MergeError::Newline { found: 0, expected: 1 });
        assert_eq!(error(&tokens(5, 4), Some(&[1.0; 2]), page), MergeError::Newline { found: 2, expected: 1 });
        assert_eq!(error(&tokens(5, 5), Some(&NEWLINE), page), MergeError::NoSquare { patches: 5 });
        assert!(matches!(error(&tokens(4, 4), None, page), MergeError::Tiles { found: 4, expected: 5, .. }));
        assert!(matches!(error(&tokens(5, 4), None, (0, 1)), MergeError::Layout(ImageError::Empty { .. })));
    }

    proptest! {
        #[test]
        fn every_size_can_be_joined_in_every_way(picture in (1u32..=8192, 1u32..=8192)) {
            let map = TileMap::of(&spec(ImageMode::Anyres, ImageMerge::Flat), picture).unwrap();
            let map_tokens = (map.columns * map.rows * 16) as usize;
            let tokens = tokens(1 + map_tokens / 16, 16);
            prop_assert_eq!(merged(ImageMerge::Flat, &tokens, picture).len(), 16 + map_tokens);
            prop_assert_eq!(merged(ImageMerge::Spatial, &tokens, picture).len(), 16 + map_tokens);
            let unpadded = merged(ImageMerge::SpatialUnpad, &tokens, picture);
            prop_assert_eq!(&unpadded[..16], &tokens.as_slice().unwrap()[..16]);
            let lines = unpadded.iter().filter(|value| **value == NEWLINE[0]).count();
            prop_assert!(lines <= map.rows as usize * 4);
            prop_assert!(unpadded.len() <= 16 + map_tokens + lines);
        }
    }
}
