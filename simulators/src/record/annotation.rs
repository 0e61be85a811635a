//! An annotation file in the MIT format, `annot(5)`.
//!
//! In: annotations in the order of time. Out: the bytes of the file: 16-bit words, low byte first, six bits of code and
//! ten of value. A code up to 49 is an annotation, its value the distance in samples from the one before.

/// Normal beat, `N`.
pub(super) const NORMAL: u8 = 1;
/// Premature ventricular beat, `V`; also the beats of a ventricular tachycardia.
pub(super) const VENTRICULAR: u8 = 5;
/// Premature atrial beat, `A`.
pub(super) const PREMATURE_ATRIAL: u8 = 8;
/// Paced beat, `/`.
pub(super) const PACED: u8 = 12;
/// Peak of a P wave, `p`.
pub(super) const P_WAVE: u8 = 24;
/// Peak of a T wave, `t`.
pub(super) const T_WAVE: u8 = 27;
/// Begin of a wave, `(`.
pub(super) const WAVE_ONSET: u8 = 39;
/// End of a wave, `)`.
pub(super) const WAVE_END: u8 = 40;
/// Pulse of a pacemaker, `^` (`PACESP` of the WFDB library).
pub(super) const PACER_PULSE: u8 = 26;
/// Change of rhythm, `+`; the text names the new one.
pub(super) const RHYTHM: u8 = 28;

/// The next four bytes are a distance.
const SKIP: u8 = 59;
/// The next bytes are the text of the annotation before.
const AUX: u8 = 63;
/// The largest value in a word.
const MAX_VALUE: u64 = 1023;

/// One annotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Annotation {
    /// The sample it belongs to, from the first of the record.
    pub sample: u64,
    /// What it says; 1 to 49.
    pub code: u8,
    /// Its text, at most 255 bytes; may be empty.
    pub text: &'static str,
}

/// The bytes of a file with these annotations, no two of which are further apart than 2^31 samples.
pub(super) fn encoded(annotations: &[Annotation]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let word = |bytes: &mut Vec<u8>, code: u8, value: u64| {
        bytes.extend_from_slice(&((u16::from(code) << 10) | value as u16).to_le_bytes());
    };
    let mut before = 0;
    for annotation in annotations {
        let distance = annotation.sample - before;
        before = annotation.sample;
        if distance > MAX_VALUE {
            word(&mut bytes, SKIP, 0);
            // The high half comes first.
            bytes.extend_from_slice(&((distance >> 16) as u16).to_le_bytes());
            bytes.extend_from_slice(&(distance as u16).to_le_bytes());
            word(&mut bytes, annotation.code, 0);
        } else {
            word(&mut bytes, annotation.code, distance);
        }
        let text = annotation.text.as_bytes();
        if !text.is_empty() {
            word(&mut bytes, AUX, text.len() as u64);
            bytes.extend_from_slice(text);
            // Words stay whole.
            bytes.resize(bytes.len().next_multiple_of(2), 0);
        }
    }
    word(&mut bytes, 0, 0);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_worked_out_by_hand() {
        let annotations = [
            Annotation { sample: 0, code: RHYTHM, text: "(VT" },
            Annotation { sample: 300, code: VENTRICULAR, text: "" },
            Annotation { sample: 1323, code: NORMAL, text: "" },
            // 0x0001_0002 samples on.
            Annotation { sample: 66_861, code: RHYTHM, text: "(N" },
        ];
        let expected = [
            &[0x00, 0x70, 0x03, 0xfc, b'(', b'V', b'T', 0][..], // 28 << 10, 63 << 10 | 3, three letters and a NUL
            &[0x2c, 0x15],                                      // 5 << 10 | 300
            &[0xff, 0x07],                                      // 1 << 10 | 1023
            &[0x00, 0xec, 1, 0, 2, 0, 0x00, 0x70],              // 59 << 10, the distance, 28 << 10
            &[0x02, 0xfc, b'(', b'N'],                          // 63 << 10 | 2, two letters
            &[0, 0],
        ];
        assert_eq!(encoded(&annotations), expected.concat());
    }
}
