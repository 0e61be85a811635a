//! Bearer tokens that stand in files.
//!
//! In: names and files, a token that somebody shows. Out: whose it is. Only hashes are kept, and every one of them is compared
//! in full, so that the time taken says nothing about a token.

use std::{collections::BTreeMap, fs::File, io::Read, path::Path, path::PathBuf};

use sha2::{Digest, Sha256};
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};

use super::HttpError;

/// The shortest and the longest token in characters. 32 hexadecimal digits are 128 bits.
const LENGTH: std::ops::RangeInclusive<usize> = 32..=512;

/// The largest file that a setting may name, in bytes.
const LARGEST_FILE_BYTES: u64 = 1 << 20;

/// The tokens of the settings.
#[derive(Default)]
pub(super) struct Tokens(Vec<(String, [u8; 32])>);

impl Tokens {
    /// Reads the files.
    pub(super) fn read(files: &BTreeMap<String, PathBuf>) -> Result<Tokens, HttpError> {
        let mut tokens: Vec<(String, [u8; 32])> = Vec::new();
        for (name, path) in files {
            let text = read_file(&format!("http.tokens.{name}"), path)?;
            let text = text.trim_ascii();
            if !LENGTH.contains(&text.len()) || !text.iter().all(u8::is_ascii_graphic) {
                return Err(HttpError::Token { name: name.clone(), path: path.clone() });
            }
            let hash = Sha256::digest(text).into();
            if let Some((first, _)) = tokens.iter().find(|(_, other)| *other == hash) {
                return Err(HttpError::SameToken { first: first.clone(), second: name.clone() });
            }
            tokens.push((name.clone(), hash));
        }
        Ok(Tokens(tokens))
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whose token this is.
    pub(super) fn owner(&self, token: &str) -> Option<&str> {
        let hash: [u8; 32] = Sha256::digest(token).into();
        let (mut found, mut at) = (Choice::from(0), 0_u64);
        for (index, (_, own)) in self.0.iter().enumerate() {
            let is_it = own.ct_eq(&hash);
            at.conditional_assign(&(index as u64), is_it);
            found |= is_it;
        }
        bool::from(found).then(|| self.0[at as usize].0.as_str())
    }
}

/// What a file holds that a setting names.
pub(super) fn read_file(key: &str, path: &Path) -> Result<Vec<u8>, HttpError> {
    let unreadable = |source| HttpError::Unreadable { key: key.to_owned(), path: path.to_owned(), source };
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(unreadable)?;
    file.take(LARGEST_FILE_BYTES).read_to_end(&mut bytes).map_err(unreadable)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const ONE: &str = "0123456789abcdef0123456789abcdef";

    fn read(tokens: &[(&str, &str)]) -> Result<Tokens, String> {
        let folder = tempfile::tempdir().unwrap();
        let file = |&(name, token): &(&str, &str)| {
            let path = folder.path().join(name);
            fs::write(&path, token).unwrap();
            (name.to_owned(), path)
        };
        let in_folder = |error: HttpError| error.to_string().replace(folder.path().to_str().unwrap(), "FOLDER");
        Tokens::read(&tokens.iter().map(file).collect()).map_err(in_folder)
    }

    #[test]
    fn a_token_has_one_owner() {
        let other = ONE.to_uppercase();
        let tokens = read(&[("board", ONE), ("scraper", &format!("{other}\n"))]).unwrap();
        assert_eq!(tokens.owner(ONE), Some("board"));
        assert_eq!(tokens.owner(&other), Some("scraper"));
        for wrong in ["", "0", &ONE[..31], &format!("{ONE}0"), &format!(" {ONE}")] {
            assert_eq!(tokens.owner(wrong), None, "{wrong:?}");
        }
        assert_eq!(Tokens::default().owner(""), None);
    }

    #[test]
    fn what_is_no_token_is_named_and_not_shown() {
        let error = |tokens: &[(&str, &str)]| read(tokens).err().unwrap();
        for bad in [
            "",
            "short-and-secret",
            "two words that are long enough to be one token",
            "ünfug-ünfug-ünfug-ünfug-ünfug-ünfug",
        ] {
            let error = error(&[("board", bad)]);
            assert!(error.starts_with("FOLDER/board holds no usable token for http.tokens.board;"), "{error}");
            assert!(bad.is_empty() || !error.contains(bad), "{error}");
        }
        assert!(error(&[("a", ONE), ("b", ONE)]).starts_with("http.tokens.a and http.tokens.b are the same token"));
        let missing = BTreeMap::from([("a".to_owned(), PathBuf::from("/no/such/token"))]);
        let error = Tokens::read(&missing).err().unwrap().to_string();
        assert!(error.starts_with("cannot read /no/such/token, which http.tokens.a names"), "{error}");
    }
}
