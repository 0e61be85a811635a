//! How signatures of tokens are checked: with ring, which does so for TLS too. Nothing is signed here.

use jsonwebtoken::{
    Algorithm, DecodingKey, DecodingKeyKind,
    crypto::{CryptoProvider, JwtVerifier, KeyUtils},
    errors::{Error, ErrorKind},
    signature::{self, Verifier},
};
use ring::signature::{ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey};

static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: |_, _| Err(Error::from(ErrorKind::UnsupportedAlgorithm)),
    verifier_factory: |algorithm, key| match algorithm {
        Algorithm::RS256 | Algorithm::ES256 => Ok(Box::new(Ring { algorithm: *algorithm, key: key.clone() })),
        _ => Err(Error::from(ErrorKind::UnsupportedAlgorithm)),
    },
    key_utils: KeyUtils::new_unimplemented(),
};

/// Makes it the one of this process. A second time changes nothing.
pub(super) fn install() {
    let _ = PROVIDER.install_default();
}

struct Ring {
    algorithm: Algorithm,
    key: DecodingKey,
}

impl Verifier<Vec<u8>> for Ring {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), signature::Error> {
        let checked = match (self.algorithm, self.key.kind()) {
            (Algorithm::RS256, DecodingKeyKind::RsaModulusExponent { n, e }) => {
                RsaPublicKeyComponents { n, e }.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature)
            }
            (Algorithm::ES256, DecodingKeyKind::SecretOrDer(point)) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, signature)
            }
            _ => return Err(signature::Error::new()),
        };
        checked.map_err(|_| signature::Error::new())
    }
}

impl JwtVerifier for Ring {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::{Validation, decode, jwk::Jwk};
    use serde_json::{Value, json};

    use super::*;

    /// A key of 2048 bits that was used once, and what it signed.
    const MODULUS: &str = "xr-8TY8__yBL96QZe-KQZy2hucefUqm1Acb1xo7JOZbhWno9KxlNL7V5OscY5iR76YanD7zHQk8GeemNmRpUgoFMcGV0vcotyiFjNjHXuSTdCLumw--5hdUh-Jb1Pgma482YFVQYlSqoepbdvszQ9RQxib4N1iOKsd5TExfiiWNGS1PraiYgvgy8eaXYWRk_xP1F2D0vFAQpNiJu2byc11CWWbvY48Q8CpdIkUkflYGIZ0hTrqCpiapRR8i2Oy1qDPLUwk1X49a9KBl3AdWh7TpjBQV8mFWPDhGF8e-z5lb9T3oBVYlHnOIZzK775e-lfXuGG6O_IxCnqKSNqAU6UQ";
    const TOKEN: &str = "eyJhbGciOiJSUzI1NiIsImtpZCI6Im9uY2UifQ.eyJhdWQiOiJnZW13YXRjaCIsImV4cCI6NDEwMjQ0NDgwMCwic3ViIjoibnVyc2UifQ.QvBv_qMO0GvWXpMUMxzE1qFqTXRyHiJuZsBkzj76RD2fPZRA-5jerxSIaaxvGHdmdtg3eL1d0zam0-lm8E6Ra4-USVdHlKKQKBU25FK6DU1HHY9eD72REbHx5lpMRVMGiZGRqXbm73sIdhR4SkgSlH2Yg2Mfk5cbJPRJa4PtVrDsKwWcM3dVrg0v3uR1rrqODQbqfLeLBob_V8PX1FdTqR6Ea_ecJEaGeZdVcxeglpkJPfSyKJKa1o3mrWwvK1oVIrME2uk2_1u64qangJbubfFe1EzCBQ59gQDeg3oncXdj62B538ClT3RLZXagRJ2ARnlig6Yh2re4rKl0TpH3ng";

    fn key(modulus: &str) -> DecodingKey {
        let jwk = json!({"kty": "RSA", "kid": "once", "n": modulus, "e": "AQAB"});
        DecodingKey::from_jwk(&serde_json::from_value::<Jwk>(jwk).unwrap()).unwrap()
    }

    fn read(token: &str, key: &DecodingKey) -> Result<Value, Error> {
        install();
        let mut validation = Validation::new(Algorithm::RS256);
        validation.set_audience(&["gemwatch"]);
        decode(token, key, &validation).map(|data| data.claims)
    }

    #[test]
    fn what_rsa_signed_is_taken_and_nothing_else() {
        let claims = read(TOKEN, &key(MODULUS)).unwrap();
        assert_eq!(claims["sub"], "nurse");
        let (signed, _) = TOKEN.rsplit_once('.').unwrap();
        let (header, _) = signed.split_once('.').unwrap();
        // {"aud":"gemwatch","exp":4102444800,"sub":"chief"}
        let other = "eyJhdWQiOiJnZW13YXRjaCIsImV4cCI6NDEwMjQ0NDgwMCwic3ViIjoiY2hpZWYifQ";
        let forged = TOKEN.replace(signed, &format!("{header}.{other}"));
        assert!(matches!(read(&forged, &key(MODULUS)).unwrap_err().kind(), ErrorKind::InvalidSignature));
        let other_key = key(&MODULUS.replacen(&MODULUS[10..14], "AAAA", 1));
        assert!(matches!(read(TOKEN, &other_key).unwrap_err().kind(), ErrorKind::InvalidSignature));
        assert!(
            jsonwebtoken::crypto::sign(b"", &jsonwebtoken::EncodingKey::from_secret(b"x").unwrap(), Algorithm::HS256)
                .is_err()
        );
    }
}
