//! Who asks: the credential of a request, and the slow-down of those who guess.
//!
//! In: the headers of a request and the client's address. Out: who it is, nobody, or why the credential is refused. An address
//! that has shown ten wrong credentials may show one more every six seconds; until then none is looked at, not even a right one,
//! or guessing would go on unseen.

use std::{
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use axum::http::{
    HeaderMap,
    header::{AUTHORIZATION, SEC_WEBSOCKET_PROTOCOL},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use super::{HttpError, HttpSettings, oidc::Oidc, rate::Budgets, tokens::Tokens};
use crate::telemetry::events::{HttpRefusal, HttpRefused};

/// A page cannot give a header to a WebSocket: its token stands among the sub-protocols, after these words, in base64url.
const BEARER_SUBPROTOCOL: &str = "gemwatch.bearer.";

const WRONG_ONES_AT_ONCE: u32 = 10;
const ONE_MORE_EVERY: Duration = Duration::from_secs(6);

/// Somebody whose credential was right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The name of the token in the settings, or the person that the issuer names.
    pub name: String,
    /// Which of the two: a person may be called as a token is.
    pub credential: Credential,
}

/// The kind of a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credential {
    /// A token of the settings.
    Token,
    /// A token that the issuer signed.
    Issuer,
}

/// Who asks, among the extensions of every request.
#[derive(Clone, Debug)]
pub struct Caller {
    /// From where.
    pub address: IpAddr,
    /// Who it is; none for those who showed no credential, or a wrong one.
    pub identity: Option<Identity>,
    /// Whether it may know what is not for strangers: by its credential, or, where none is asked for, from this machine.
    pub is_trusted: bool,
    /// Why the credential was refused.
    pub(super) refusal: Option<Refusal>,
}

/// Why a credential was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// There is none.
    Absent,
    /// It is wrong.
    Wrong,
    /// It was not looked at: too many were wrong before.
    TooMany {
        /// When to come again.
        wait: Duration,
    },
}

/// What checks credentials.
pub(super) struct Authentication {
    tokens: Tokens,
    oidc: Option<Oidc>,
    wrong: Mutex<Budgets>,
}

impl Authentication {
    /// Reads the tokens of the settings.
    pub(super) fn open(settings: &HttpSettings) -> Result<Authentication, HttpError> {
        Ok(Authentication {
            tokens: Tokens::read(&settings.tokens)?,
            oidc: Oidc::new(&settings.oidc),
            wrong: Mutex::new(Budgets::new(ONE_MORE_EVERY, WRONG_ONES_AT_ONCE)),
        })
    }

    /// Whether anybody is asked who they are.
    pub(super) fn is_asked_for(&self) -> bool {
        !self.tokens.is_empty() || self.oidc.is_some()
    }

    /// Who asks.
    pub(super) async fn caller(&self, headers: &HeaderMap, address: IpAddr, counted_by: IpAddr) -> Caller {
        if !self.is_asked_for() {
            let is_trusted = address.to_canonical().is_loopback();
            return Caller { address, identity: None, is_trusted, refusal: None };
        }
        let (identity, refusal) = match self.identify(headers, counted_by).await {
            Ok(identity) => (Some(identity), None),
            Err(refusal) => (None, Some(refusal)),
        };
        Caller { address, is_trusted: identity.is_some(), identity, refusal }
    }

    async fn identify(&self, headers: &HeaderMap, client: IpAddr) -> Result<Identity, Refusal> {
        let mut credentials = headers.get_all(AUTHORIZATION).iter();
        let credential = credentials.next();
        let of_websocket = bearer_subprotocol(headers).filter(|_| credential.is_none());
        if credential.is_none() && of_websocket.is_none() {
            return Err(Refusal::Absent);
        }
        let budgets = || self.wrong.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(wait) = budgets().wait(client, Instant::now()) {
            return Err(Refusal::TooMany { wait });
        }
        let in_header = credential.and_then(|credential| credential.to_str().ok()).and_then(bearer).map(str::to_owned);
        let token = in_header.filter(|_| credentials.next().is_none()).or(of_websocket);
        let found = match token {
            Some(token) => self.owner(&token).await,
            None => Err("it is no bearer token".to_owned()),
        };
        found.map_err(|detail| {
            // Of two at once both were looked at: the second takes from a budget that may be empty by now.
            let _ = budgets().take(client, Instant::now());
            HttpRefused { reason: HttpRefusal::WrongCredential, client, detail: &detail }.emit();
            Refusal::Wrong
        })
    }

    /// Whose token it is, or what is wrong with it, without a word of the token.
    async fn owner(&self, token: &str) -> Result<Identity, String> {
        if let Some(name) = self.tokens.owner(token) {
            return Ok(Identity { name: name.to_owned(), credential: Credential::Token });
        }
        let Some(oidc) = &self.oidc else { return Err("there is no such token".to_owned()) };
        match oidc.owner(token).await {
            Ok(name) => Ok(Identity { name, credential: Credential::Issuer }),
            Err(error) => Err(match std::error::Error::source(&error) {
                Some(source) => format!("{error}: {source}"),
                None => error.to_string(),
            }),
        }
    }
}

/// The token after the word `Bearer`.
fn bearer(credential: &str) -> Option<&str> {
    let (scheme, token) = credential.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// The token among the sub-protocols of a WebSocket; empty where it is no base64url.
fn bearer_subprotocol(headers: &HeaderMap) -> Option<String> {
    let offers = headers.get_all(SEC_WEBSOCKET_PROTOCOL).iter().filter_map(|offers| offers.to_str().ok());
    let encoded =
        offers.flat_map(|offers| offers.split(',')).find_map(|offer| offer.trim().strip_prefix(BEARER_SUBPROTOCOL))?;
    let token = URL_SAFE_NO_PAD.decode(encoded).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    Some(token.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, fs};

    use super::*;

    const TOKEN: &str = "0123456789abcdef0123456789abcdef";

    fn authentication() -> Authentication {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("board");
        fs::write(&path, TOKEN).unwrap();
        Authentication {
            tokens: Tokens::read(&BTreeMap::from([("board".to_owned(), path)])).unwrap(),
            oidc: None,
            wrong: Mutex::new(Budgets::new(ONE_MORE_EVERY, WRONG_ONES_AT_ONCE)),
        }
    }

    fn headers(credentials: &[&str]) -> HeaderMap {
        credentials.iter().map(|credential| (AUTHORIZATION, credential.parse().unwrap())).collect()
    }

    #[tokio::test]
    async fn one_right_bearer_token_lets_in() {
        let (door, client) = (authentication(), "10.0.0.1".parse().unwrap());
        let right = format!("Bearer {TOKEN}");
        for credential in [right.clone(), format!("bearer  {TOKEN}")] {
            let identity = door.identify(&headers(&[&credential]), client).await.unwrap();
            assert_eq!(identity, Identity { name: "board".to_owned(), credential: Credential::Token });
        }
        assert_eq!(door.identify(&headers(&[]), client).await, Err(Refusal::Absent));
        for wrong in [&[TOKEN][..], &["Basic Ym9hcmQ6eA=="], &["Bearer"], &["Bearer x"], &[&right, &right]] {
            assert_eq!(door.identify(&headers(wrong), client).await, Err(Refusal::Wrong), "{wrong:?}");
        }
    }

    #[tokio::test]
    async fn a_websocket_shows_its_token_among_the_sub_protocols() {
        let (door, client) = (authentication(), "10.0.0.1".parse().unwrap());
        let offers = |token: &str| {
            let offers = format!("gemwatch.board.v1, {BEARER_SUBPROTOCOL}{token}");
            HeaderMap::from_iter([(SEC_WEBSOCKET_PROTOCOL, offers.parse().unwrap())])
        };
        let right = URL_SAFE_NO_PAD.encode(TOKEN);
        assert_eq!(door.identify(&offers(&right), client).await.unwrap().name, "board");
        for wrong in [TOKEN, "", "%%%"] {
            assert_eq!(door.identify(&offers(wrong), client).await, Err(Refusal::Wrong), "{wrong}");
        }
        // A wrong header is not made good by a right sub-protocol.
        let mut both = offers(&right);
        both.insert(AUTHORIZATION, "Bearer guess".parse().unwrap());
        assert_eq!(door.identify(&both, client).await, Err(Refusal::Wrong));
    }

    #[tokio::test]
    async fn who_guesses_has_to_wait_and_nobody_else() {
        let door = authentication();
        let [guesser, nurse] = ["10.0.0.1", "10.0.0.2"].map(|text| text.parse::<IpAddr>().unwrap());
        for _ in 0..WRONG_ONES_AT_ONCE {
            assert_eq!(door.identify(&headers(&["Bearer guess"]), guesser).await, Err(Refusal::Wrong));
        }
        let right = headers(&[&format!("Bearer {TOKEN}")]);
        assert!(
            matches!(door.identify(&right, guesser).await, Err(Refusal::TooMany { wait }) if wait <= ONE_MORE_EVERY)
        );
        assert_eq!(door.identify(&headers(&[]), guesser).await, Err(Refusal::Absent));
        assert!(door.identify(&right, nurse).await.is_ok());
    }
}
