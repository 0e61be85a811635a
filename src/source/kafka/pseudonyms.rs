//! Pseudonyms: stream ids that say nothing about whose stream it is.
//!
//! In goes the name that a stream came with and a key that only the site has, out comes the same name in its place each
//! time: a keyed hash (HMAC-SHA256, RFC 2104). Without the key nobody can tell which name it was, not even by trying all names
//! there are. Under another key the same stream has another pseudonym.

use std::fmt::{self, Write};

use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::ecg::StreamId;

/// What every pseudonym begins with.
const PREFIX: &str = "p-";

/// How much of the hash is kept. By chance two streams share their first 16 bytes once in 10^19 wards of a million streams.
const KEPT_BYTES: usize = 16;

/// Makes pseudonyms with one key.
#[derive(Clone)]
pub struct Pseudonyms(Hmac<Sha256>);

impl Pseudonyms {
    /// With this key. It keeps the secret only as well as it is hard to guess: the settings take 32 bytes or more.
    pub fn new(key: &[u8]) -> Pseudonyms {
        Pseudonyms(Hmac::new_from_slice(key).expect("HMAC takes keys of any length (this is a bug)"))
    }

    /// The pseudonym of a name.
    pub fn of(&self, name: &[u8]) -> StreamId {
        let hash = self.0.clone().chain_update(name).finalize().into_bytes();
        let mut text = PREFIX.to_owned();
        for byte in &hash[..KEPT_BYTES] {
            write!(text, "{byte:02x}").expect("text can be written to text (this is a bug)");
        }
        StreamId::new(&text).expect("a letter, a hyphen and digits are a stream id (this is a bug)")
    }

    /// Does this look like one?
    pub fn is_pseudonym(stream_id: &StreamId) -> bool {
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        let digits = stream_id.as_str().strip_prefix(PREFIX);
        digits.is_some_and(|digits| digits.len() == 2 * KEPT_BYTES && digits.bytes().all(is_digit))
    }
}

/// Shows nothing of the key.
impl fmt::Debug for Pseudonyms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pseudonyms(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Test cases 1, 2 and 6 of RFC 4231, section 4.
    #[test]
    fn a_pseudonym_is_the_beginning_of_the_hmac() {
        let cases: [(&[u8], &[u8], &str); 3] = [
            (&[0x0b; 20], b"Hi There", "p-b0344c61d8db38535ca8afceaf0bf12b"),
            (b"Jefe", b"what do ya want for nothing?", "p-5bdcc146bf60754e6a042426089575c7"),
            (
                &[0xaa; 131],
                b"Test Using Larger Than Block-Size Key - Hash Key First",
                "p-60e431591ee0b67f0d8a26aacbf5b77f",
            ),
        ];
        for (key, name, expected) in cases {
            let pseudonyms = Pseudonyms::new(key);
            assert_eq!(pseudonyms.of(name).as_str(), expected);
            assert_eq!(pseudonyms.of(name).as_str(), expected, "the second time as the first");
        }
    }

    #[test]
    fn names_and_keys_that_differ_give_pseudonyms_that_differ() {
        let (one, other) = (Pseudonyms::new(&[1; 32]), Pseudonyms::new(&[2; 32]));
        let all = [one.of(b"bed-1"), one.of(b"bed-2"), other.of(b"bed-1"), other.of(b"bed-2")];
        let different: std::collections::BTreeSet<_> = all.iter().collect();
        assert_eq!(different.len(), all.len());
        assert!(all.iter().all(Pseudonyms::is_pseudonym));
    }

    #[test]
    fn a_name_is_no_pseudonym() {
        let digits = "0123456789abcdef0123456789abcdef";
        let is_pseudonym = |text: &str| Pseudonyms::is_pseudonym(&StreamId::new(text).unwrap());
        assert!(is_pseudonym(&format!("p-{digits}")));
        for text in ["bed-1", digits, &format!("p-{digits}0"), &format!("p-{}", digits.to_uppercase()), "p-"] {
            assert!(!is_pseudonym(text), "{text}");
        }
    }

    #[test]
    fn the_key_stays_out_of_the_log() {
        assert_eq!(format!("{:?}", Pseudonyms::new(b"secret")), "Pseudonyms(..)");
    }
}
