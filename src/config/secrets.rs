//! Secrets that stand in files of their own, as container platforms and secret stores hand them out.
//!
//! In: settings that name the files. Out: the same settings with what stands there, or what is wrong with each file; the
//! words name the file and never quote it.

use std::{fs::File, io, io::Read, mem, path::Path};

use super::{Config, check::Violation};

/// Passwords, keys and certificates are far shorter; more is a wrong file.
const LARGEST_FILE_BYTES: u64 = 64 << 10;

/// As long as the hash that the key is for: what is shorter is easier to guess than the hash to turn round.
const SHORTEST_KEY_BYTES: usize = 32;

/// Why a file is of no use.
#[derive(Debug, thiserror::Error)]
enum SecretError {
    #[error("cannot be read: {0}; let it be there, and let the user that gemwatch runs as read it")]
    Unreadable(#[from] io::Error),
    #[error("is longer than {LARGEST_FILE_BYTES} bytes: name the file that holds the secret alone")]
    TooLarge,
    #[error("is empty: write the secret into it")]
    Empty,
    #[error("holds what is no text: name the file that holds the value as text")]
    NoText,
    #[error("holds {bytes} bytes, at least {SHORTEST_KEY_BYTES} are needed: make a key with openssl rand -out FILE 32")]
    ShortKey { bytes: usize },
}

/// Reads all files that the settings name for a secret.
pub(super) fn read(config: &mut Config) -> Vec<Violation> {
    let mut violations = vec![];
    let kafka = &mut config.kafka;
    for (property, path) in mem::take(&mut kafka.property_files) {
        let key = format!("kafka.property_files.{property}");
        let shown = format!("{:?}", path.display().to_string());
        if kafka.properties.contains_key(&property) {
            let problem = format!("sets what kafka.properties.{property} sets too: leave out one of the two");
            violations.push(Violation::new(key, shown, problem));
            continue;
        }
        match value(&path) {
            Ok(value) => {
                kafka.properties.insert(property, value);
            }
            Err(error) => violations.push(Violation::new(key, shown, error.to_string())),
        }
    }
    if let Some(path) = config.pseudonyms.key_file.clone() {
        match key(&path) {
            Ok(key) => config.pseudonyms.set_key(key),
            Err(error) => {
                let shown = format!("{:?}", path.display().to_string());
                violations.push(Violation::new("pseudonyms.key_file", shown, error.to_string()));
            }
        }
    }
    violations
}

/// The text of a file without the line end that editors put there.
fn value(path: &Path) -> Result<String, SecretError> {
    let mut text = String::from_utf8(bytes(path)?).map_err(|_| SecretError::NoText)?;
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    if text.contains('\0') {
        return Err(SecretError::NoText);
    }
    if text.is_empty() { Err(SecretError::Empty) } else { Ok(text) }
}

/// The bytes of a file, all of them: a key is no text.
fn key(path: &Path) -> Result<Vec<u8>, SecretError> {
    match bytes(path)? {
        key if key.is_empty() => Err(SecretError::Empty),
        key if key.len() < SHORTEST_KEY_BYTES => Err(SecretError::ShortKey { bytes: key.len() }),
        key => Ok(key),
    }
}

fn bytes(path: &Path) -> Result<Vec<u8>, SecretError> {
    let mut bytes = vec![];
    File::open(path)?.take(LARGEST_FILE_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST_FILE_BYTES { Err(SecretError::TooLarge) } else { Ok(bytes) }
}
