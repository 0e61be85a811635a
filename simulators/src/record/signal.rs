//! The signal file of a record: 16-bit samples, low byte first, frame after frame (format 16 of `signal(5)`).
//!
//! In: frames of digital values. Out: the file, and what the header says about each signal.

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::Path,
};

/// The stored value that means "no sample".
const NO_SAMPLE: i16 = i16::MIN;

/// What the header says about one signal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct StoredSignal {
    /// The first stored value; 0 if there is none.
    pub initial: i16,
    /// The sum of all stored values, in 16 bits.
    pub checksum: i16,
    /// Samples that did not fit and were cut off.
    pub clipped: u64,
}

impl StoredSignal {
    /// The stored value of a sample, counted in.
    fn store(&mut self, digital: Option<i32>, is_first: bool) -> i16 {
        let stored = digital.map_or(NO_SAMPLE, |digital| {
            // The lowest value is taken.
            let fitting = digital.clamp(-i32::from(i16::MAX), i16::MAX.into());
            self.clipped += u64::from(fitting != digital);
            fitting as i16
        });
        if is_first {
            self.initial = stored;
        }
        self.checksum = self.checksum.wrapping_add(stored);
        stored
    }
}

/// A signal file that is being written.
pub(super) struct SignalFile<W: Write> {
    out: W,
    signals: Vec<StoredSignal>,
    frames: u64,
}

impl SignalFile<BufWriter<File>> {
    /// An empty file at `path`.
    pub(super) fn create(path: &Path, signals: usize) -> io::Result<SignalFile<BufWriter<File>>> {
        Ok(SignalFile::new(BufWriter::new(File::create(path)?), signals))
    }
}

impl<W: Write> SignalFile<W> {
    fn new(out: W, signals: usize) -> SignalFile<W> {
        SignalFile { out, signals: vec![StoredSignal::default(); signals], frames: 0 }
    }

    /// Frames written so far.
    pub(super) fn frames(&self) -> u64 {
        self.frames
    }

    /// Writes one sample of every signal, in the order of the header.
    pub(super) fn push(&mut self, frame: &[Option<i32>]) -> io::Result<()> {
        for (signal, &digital) in self.signals.iter_mut().zip(frame) {
            let stored = signal.store(digital, self.frames == 0);
            self.out.write_all(&stored.to_le_bytes())?;
        }
        self.frames += 1;
        Ok(())
    }

    /// Ends the file.
    pub(super) fn finish(mut self) -> io::Result<Vec<StoredSignal>> {
        self.out.flush()?;
        Ok(self.signals)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_become_bytes_sums_and_counts() {
        let mut bytes = Vec::new();
        let mut file = SignalFile::new(&mut bytes, 2);
        for frame in [[Some(0x1234), None], [Some(-1), Some(40_000)], [Some(0x7000), Some(-32_768)]] {
            file.push(&frame).unwrap();
        }
        assert_eq!(file.frames(), 3);
        let signals = file.finish().unwrap();
        // 0x1234 - 1 + 0x7000 = 0x8233, as a signed number -32205; -32768 + 32767 - 32767 = -32768.
        let first = StoredSignal { initial: 0x1234, checksum: -32_205, clipped: 0 };
        let second = StoredSignal { initial: -32_768, checksum: -32_768, clipped: 2 };
        assert_eq!(signals, [first, second]);
        assert_eq!(bytes, [0x34, 0x12, 0x00, 0x80, 0xff, 0xff, 0xff, 0x7f, 0x00, 0x70, 0x01, 0x80]);
    }
}
