//! How samples are stored: in go the bytes of a signal file, out come sample values.
//!
//! Formats 16, 212 and 80 of `signal(5)`. Each has one value that means "no sample": the most negative one.

use crate::ecg::INVALID_SAMPLE;

/// How a signal file stores its samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// 16-bit two's complement, low byte first.
    Bits16,
    /// Two 12-bit two's complement samples in three bytes.
    Bits12,
    /// 8 bits with an offset of 128.
    Bits8,
}

impl Format {
    /// The format with this number in the header.
    pub fn from_number(number: u32) -> Option<Format> {
        match number {
            16 => Some(Format::Bits16),
            212 => Some(Format::Bits12),
            80 => Some(Format::Bits8),
            _ => None,
        }
    }

    /// Bytes that `samples` samples take; `None` beyond the range of `u64`.
    pub fn bytes_for(self, samples: u64) -> Option<u64> {
        match self {
            Format::Bits16 => samples.checked_mul(2),
            // An odd last sample takes two bytes of its three.
            Format::Bits12 => (samples / 2).checked_mul(3)?.checked_add(samples % 2 * 2),
            Format::Bits8 => Some(samples),
        }
    }

    /// Whole samples in `bytes` bytes.
    pub fn samples_in(self, bytes: u64) -> u64 {
        match self {
            Format::Bits16 => bytes / 2,
            Format::Bits12 => bytes / 3 * 2 + u64::from(bytes % 3 == 2),
            Format::Bits8 => bytes,
        }
    }

    /// The stored value of sample `index`, the code for "no sample" included; `None` beyond the end.
    pub fn stored(self, bytes: &[u8], index: usize) -> Option<i16> {
        match self {
            Format::Bits16 => {
                let at = index.checked_mul(2)?;
                Some(i16::from_le_bytes([*bytes.get(at)?, *bytes.get(at + 1)?]))
            }
            Format::Bits12 => {
                let at = (index / 2).checked_mul(3)?;
                let middle = *bytes.get(at + 1)?;
                let (low, high) = if index.is_multiple_of(2) {
                    (*bytes.get(at)?, middle & 0x0f)
                } else {
                    (*bytes.get(at + 2)?, middle >> 4)
                };
                // Shifted to the top and back, so that bit 11 becomes the sign.
                Some((i16::from_le_bytes([low, high]) << 4) >> 4)
            }
            Format::Bits8 => Some(i16::from(*bytes.get(index)?) - 128),
        }
    }

    /// The stored value that means "no sample".
    pub fn no_sample(self) -> i16 {
        match self {
            Format::Bits16 => i16::MIN,
            Format::Bits12 => -2048,
            Format::Bits8 => -128,
        }
    }

    /// A stored value as a digital value, [`INVALID_SAMPLE`] for "no sample".
    pub fn digital(self, stored: i16) -> i32 {
        if stored == self.no_sample() { INVALID_SAMPLE } else { i32::from(stored) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ALL: [Format; 3] = [Format::Bits16, Format::Bits12, Format::Bits8];

    fn read(format: Format, bytes: &[u8]) -> Vec<i16> {
        (0..).map_while(|index| format.stored(bytes, index)).collect()
    }

    #[test]
    fn bytes_become_samples() {
        assert_eq!(read(Format::Bits16, &[0x34, 0x12, 0xff, 0xff, 0, 0x80]), [0x1234, -1, i16::MIN]);
        // 0x123 and 0xf45: the middle byte holds the high four bits of both.
        assert_eq!(read(Format::Bits12, &[0x23, 0xf1, 0x45, 0x00, 0x08]), [0x123, -0xbb, -2048]);
        assert_eq!(read(Format::Bits8, &[0, 128, 255]), [-128, 0, 127]);
    }

    #[test]
    fn the_lowest_value_means_no_sample() {
        for format in ALL {
            assert_eq!(format.digital(format.no_sample()), INVALID_SAMPLE);
            assert_eq!(format.digital(format.no_sample() + 1), i32::from(format.no_sample()) + 1);
        }
    }

    proptest! {
        #[test]
        fn any_bytes_hold_as_many_samples_as_stated(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            for format in ALL {
                let samples = read(format, &bytes);
                prop_assert_eq!(samples.len() as u64, format.samples_in(bytes.len() as u64));
                prop_assert!(format.bytes_for(samples.len() as u64).unwrap() <= bytes.len() as u64);
                prop_assert!(format.bytes_for(samples.len() as u64 + 1).unwrap() > bytes.len() as u64);
                prop_assert!(samples.iter().all(|sample| *sample >= format.no_sample()));
            }
        }

        #[test]
        fn two_packed_samples_are_unpacked(first in -2048_i16..2048, second in -2048_i16..2048) {
            let [low, high] = first.to_le_bytes();
            let [low2, high2] = second.to_le_bytes();
            let bytes = [low, (high & 0x0f) | (high2 << 4), low2];
            prop_assert_eq!(read(Format::Bits12, &bytes), [first, second]);
        }
    }
}
