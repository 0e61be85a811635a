//! An OpenID Connect issuer of one key, on a port of its own.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};

pub struct Issuer {
    address: SocketAddr,
    key: EcdsaKeyPair,
    /// A key that nobody publishes.
    other_key: EcdsaKeyPair,
    fetched: Arc<AtomicUsize>,
}

impl Issuer {
    pub fn start() -> Issuer {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (key, other_key, fetched) = (new_key(), new_key(), Arc::new(AtomicUsize::new(0)));
        // 04, x, y.
        let point = key.public_key().as_ref();
        let published = json!({
            "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": "one",
            "x": base64(&point[1..33]), "y": base64(&point[33..]),
        });
        // Keys of other kinds stand beside it, as at any issuer.
        let keys =
            json!({"keys": [{"kty": "new", "kid": "one"}, {"kty": "oct", "k": "AAAA", "kid": "two"}, published]});
        let discovery = json!({"issuer": format!("http://{address}"), "jwks_uri": format!("http://{address}/keys")});
        let count = Arc::clone(&fetched);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let stream = stream.unwrap();
                let path = path_asked_for(&stream);
                let page = match path.as_str() {
                    "/.well-known/openid-configuration" => &discovery,
                    "/keys" => {
                        count.fetch_add(1, Ordering::SeqCst);
                        &keys
                    }
                    other => panic!("{other}"),
                };
                answer(stream, &page.to_string());
            }
        });
        Issuer { address, key, other_key, fetched }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How often the keys were fetched.
    pub fn fetched(&self) -> usize {
        self.fetched.load(Ordering::SeqCst)
    }

    /// A token as it should be.
    pub fn token(&self, claims: &Value) -> String {
        sign(&self.key, &json!({"alg": "ES256", "kid": "one"}), claims)
    }

    pub fn signed_by_a_stranger(&self, claims: &Value) -> String {
        sign(&self.other_key, &json!({"alg": "ES256", "kid": "one"}), claims)
    }

    pub fn of_an_unknown_key(&self, claims: &Value) -> String {
        sign(&self.other_key, &json!({"alg": "ES256", "kid": "three"}), claims)
    }
}

/// What anybody can make.
pub fn unsigned(claims: &Value) -> String {
    format!("{}.{}.", part(&json!({"alg": "none", "kid": "one"})), part(claims))
}

fn new_key() -> EcdsaKeyPair {
    let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).unwrap();
    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref(), &SystemRandom::new()).unwrap()
}

fn sign(key: &EcdsaKeyPair, header: &Value, claims: &Value) -> String {
    let message = format!("{}.{}", part(header), part(claims));
    let signature = key.sign(&SystemRandom::new(), message.as_bytes()).unwrap();
    format!("{message}.{}", base64(signature.as_ref()))
}

fn part(value: &Value) -> String {
    base64(value.to_string().as_bytes())
}

/// Base64 for URLs, without padding.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let group = |group: &[u8]| -> String {
        let bits = group.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - group.len()));
        (0..=group.len()).map(|n| char::from(LETTERS[(bits >> (18 - 6 * n) & 63) as usize])).collect()
    };
    bytes.chunks(3).map(group).collect()
}

fn path_asked_for(stream: &TcpStream) -> String {
    let mut lines = BufReader::new(stream).lines().map(Result::unwrap);
    let first = lines.next().unwrap();
    assert!(lines.any(|line| line.is_empty()), "a request ends with an empty line");
    first.split(' ').nth(1).unwrap().to_owned()
}

fn answer(mut stream: TcpStream, body: &str) {
    let header = format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
    stream.write_all((header + body).as_bytes()).unwrap();
}
