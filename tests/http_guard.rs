//! The door over HTTP, from outside: the real program with tokens, TLS, an issuer, floods and slow clients. No broker is needed.

#[path = "http/mod.rs"]
mod http;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use http::issuer::{Issuer, unsigned};
use http::{Answer, PATIENCE, Program, client, get};
use serde_json::json;

/// What every answer carries.
const HEADERS: [(&str, &str); 7] = [
    (
        "content-security-policy",
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'",
    ),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cache-control", "no-store"),
    ("x-frame-options", "DENY"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
];

const SCRAPER: &str = "7f5c1a3e9b2d4f6081a3c5e7f9b1d3f5";
const BOARD: &str = "0011223344556677889900aabbccddee";
const WRONG: &str = "ffffffffffffffffffffffffffffffff";

fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

/// How often this was refused, as `/metrics` says.
fn refused(program: &Program, reason: &str) -> u64 {
    let metrics = get(&client(None), &program.url("/metrics"), Some(bearer(SCRAPER))).body;
    let line = format!("gemwatch_http_refused_total{{reason=\"{reason}\"}} ");
    let value = metrics.lines().find_map(|text| text.strip_prefix(line.as_str()));
    value.unwrap_or_else(|| panic!("{reason} is missing in\n{metrics}")).parse().unwrap()
}

fn with_tokens(more: &str) -> Program {
    let tokens = [("scraper", SCRAPER), ("board", BOARD)];
    Program::start(more, &tokens, &[])
}

#[test]
fn tokens_open_what_is_guarded_and_probes_stay_open() {
    let program = with_tokens("");
    let ask = |path: &str, credential: Option<String>| get(&client(None), &program.url(path), credential);
    for token in [SCRAPER, BOARD] {
        let Answer { status, body, .. } = ask("/metrics", Some(bearer(token)));
        assert_eq!(status, 200);
        assert!(body.contains("gemwatch_beds_open 0"), "{body}");
    }
    let absent = ask("/metrics", None);
    assert_eq!((absent.status, absent.header("www-authenticate")), (401, Some("Bearer realm=\"gemwatch\"")));
    for wrong in [WRONG, "", &SCRAPER[1..], &format!("{SCRAPER}0")] {
        let answer = ask("/metrics", Some(bearer(wrong)));
        assert_eq!(answer.status, 401);
        assert!(answer.header("www-authenticate").unwrap().contains("error=\"invalid_token\""), "{answer:?}");
        assert!(!answer.body.contains("gemwatch_"), "{answer:?}");
    }
    assert_eq!(ask("/metrics", Some(format!("Basic {SCRAPER}"))).status, 401);

    // Strangers learn what is not met, and not why.
    assert_eq!(ask("/healthz", None).status, 200);
    assert_eq!(ask("/healthz", Some(bearer(WRONG))).status, 200, "a probe with an old token is no reason to restart");
    let stranger = ask("/readyz", None);
    assert_eq!((stranger.status, stranger.body.as_str()), (503, "not ready\nassignment\nbroker"));
    let known = ask("/readyz", Some(bearer(BOARD)));
    // Once the client library has said how it sees the cluster, there is more to say of the broker.
    let why = known.body.strip_prefix("not ready\nassignment: not known yet\nbroker: ");
    assert!(known.status == 503 && why.is_some_and(|why| !why.is_empty()), "{known:?}");

    for answer in [absent, stranger, known, ask("/metrics", Some(bearer(BOARD))), ask("/nowhere", Some(bearer(BOARD)))]
    {
        for (name, value) in HEADERS {
            assert_eq!(answer.header(name), Some(value), "{name} of {answer:?}");
        }
        assert_eq!(answer.header("strict-transport-security"), None, "it is for TLS alone");
    }
    assert_eq!(refused(&program, "no_credential"), 1);
    assert_eq!(refused(&program, "wrong_credential"), 6);

    let log = program.end();
    assert!(log.contains("wrong_credential") && log.contains("refused over HTTP"), "{log}");
    for token in [SCRAPER, BOARD, WRONG] {
        assert!(!log.contains(token), "a token is in the log:\n{log}");
    }
}

#[test]
fn who_guesses_is_slowed_down() {
    let program = with_tokens("");
    let ask = |credential| get(&client(None), &program.url("/metrics"), credential);
    let guesses: Vec<u16> = (0..14).map(|_| ask(Some(bearer(WRONG))).status).collect();
    assert_eq!(guesses[..10], [401; 10]);
    // One more may have been earned meanwhile.
    assert!(guesses[12..].contains(&429), "{guesses:?}");
    let answer = ask(Some(bearer(SCRAPER)));
    assert_eq!(answer.status, 429, "a right one among guesses is not to be told from them");
    let wait: u64 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=6).contains(&wait), "{wait}");
    assert_eq!(get(&client(None), &program.url("/healthz"), None).status, 200);
}

#[test]
fn a_burst_is_cut_and_counted() {
    let program = with_tokens("requests_a_second = 2\n");
    let agent = client(None);
    let statuses: Vec<u16> = (0..20).map(|_| get(&agent, &program.url("/healthz"), None).status).collect();
    assert_eq!(statuses[..3], [200; 3], "{statuses:?}");
    let cut = statuses.iter().filter(|status| **status == 429).count();
    assert!(cut >= 5, "{statuses:?}");
    let deadline = Instant::now() + PATIENCE;
    let counted = loop {
        let answer = get(&agent, &program.url("/metrics"), Some(bearer(SCRAPER)));
        if answer.status == 200 {
            break answer.body;
        }
        assert_eq!(answer.status, 429);
        assert_eq!(answer.header("x-frame-options"), Some("DENY"));
        assert!(Instant::now() < deadline, "nobody is let in any more");
    };
    let line = counted.lines().find(|line| line.contains("reason=\"too_many_requests\"")).unwrap();
    let count: usize = line.rsplit(' ').next().unwrap().parse().unwrap();
    assert!(count >= cut, "{line}");
}

#[test]
fn large_bodies_large_headers_and_slow_headers_are_cut_off() {
    let program = with_tokens("");
    let say = |text: &str| {
        let mut stream = TcpStream::connect(program.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(text.as_bytes()).unwrap();
        stream
    };
    let answer = |mut stream: TcpStream| {
        let mut text = String::new();
        // A server that closes with something unread resets the connection; what it has said comes first.
        let _ = stream.read_to_string(&mut text);
        text
    };
    let large = answer(say("POST /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 65537\r\n\r\n"));
    assert!(large.starts_with("HTTP/1.1 413 "), "{large}");
    assert!(large.contains("x-content-type-options: nosniff"), "{large}");
    let header = format!("GET /healthz HTTP/1.1\r\nHost: x\r\nX-Large: {}\r\n\r\n", "x".repeat(20_000));
    assert!(answer(say(&header)).starts_with("HTTP/1.1 431 "));

    let started = Instant::now();
    let mut slow = say("GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ");
    // One byte now and then keeps no connection alive: the time is for the whole header.
    slow.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
    let mut byte = [0];
    while matches!(slow.read(&mut byte), Err(error) if error.kind() == std::io::ErrorKind::WouldBlock) {
        assert!(started.elapsed() < PATIENCE, "still open");
        let _ = slow.write_all(b"x");
    }
    assert!(started.elapsed() > Duration::from_secs(3), "{:?}", started.elapsed());
    let deadline = Instant::now() + PATIENCE;
    while refused(&program, "too_slow") == 0 {
        assert!(Instant::now() < deadline, "not counted");
    }
    assert_eq!(refused(&program, "body_too_large"), 1);
}

#[test]
fn one_address_cannot_take_all_connections() {
    let program = with_tokens("connections = 8\n");
    let mut open: Vec<TcpStream> = (0..8).map(|_| TcpStream::connect(program.address).unwrap()).collect();
    // What has no place is closed at once; what has one waits for a header.
    let mut closed = 0;
    let deadline = Instant::now() + PATIENCE;
    while closed < 4 {
        assert!(Instant::now() < deadline, "only {closed} were closed");
        open.retain_mut(|stream| {
            stream.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
            let is_closed = matches!(stream.read(&mut [0]), Ok(0));
            closed += usize::from(is_closed);
            !is_closed
        });
    }
    assert_eq!(closed, 4);
    drop(open);
    while client(None).get(program.url("/healthz")).call().is_err() {
        assert!(Instant::now() < deadline, "the places are not free again");
    }
    assert!(refused(&program, "too_many_connections") >= 4);
}

#[test]
fn with_a_certificate_it_speaks_tls_and_nothing_else() {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
    let (certificate, key) = (made.cert.pem(), made.signing_key.serialize_pem());
    let files = [("tls_certificate_file", certificate.as_str()), ("tls_key_file", key.as_str())];
    let program = Program::start("", &[("scraper", SCRAPER)], &files);
    let trusting = client(Some(&certificate));
    let url = format!("https://localhost:{}/metrics", program.address.port());
    let answer = get(&trusting, &url, Some(bearer(SCRAPER)));
    assert_eq!((answer.status, answer.header("strict-transport-security")), (200, Some("max-age=31536000")));
    assert_eq!(get(&trusting, &url, None).status, 401);

    let mut plain = TcpStream::connect(program.address).unwrap();
    plain.set_read_timeout(Some(PATIENCE)).unwrap();
    plain.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let mut said = Vec::new();
    let _ = plain.read_to_end(&mut said);
    assert!(!String::from_utf8_lossy(&said).contains("HTTP/"), "{said:?}");
    let other = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap().cert.pem();
    assert!(client(Some(&other)).get(&url).call().is_err(), "the client is shown another certificate");
    let log = program.end();
    assert!(!log.contains(key.lines().nth(1).unwrap()), "{log}");
}

#[test]
fn an_issuer_says_who_may_come_in() {
    let issuer = Issuer::start();
    let settings = format!("[http.oidc]\nissuer = {:?}\naudience = \"gemwatch\"\n", issuer.url());
    let program = Program::start(&settings, &[("scraper", SCRAPER)], &[]);
    let ask = |token: &str| get(&client(None), &program.url("/metrics"), Some(bearer(token))).status;
    let now = jiff::Timestamp::now().as_second();
    let good = json!({"iss": issuer.url(), "aud": "gemwatch", "exp": now + 300, "sub": "a.nurse"});
    let with = |name: &str, value: serde_json::Value| {
        let mut claims = good.clone();
        claims[name] = value;
        claims
    };
    assert_eq!(ask(&issuer.token(&good)), 200);
    assert_eq!(ask(&issuer.token(&with("aud", json!(["other", "gemwatch"])))), 200);
    assert_eq!(ask(SCRAPER), 200, "tokens of files go on beside it");
    for claims in [
        with("aud", json!("somebody-else")),
        with("exp", json!(now - 300)),
        with("exp", json!("never")),
        with("iss", json!("https://login.example")),
        with("nbf", json!(now + 300)),
        with("sub", json!("")),
    ] {
        assert_eq!(ask(&issuer.token(&claims)), 401, "{claims}");
    }
    // Each of the following would be let in by a reader that believes the header.
    assert_eq!(ask(&unsigned(&good)), 401, "alg: none");
    assert_eq!(ask(&issuer.signed_by_a_stranger(&good)), 401);
    let log = program.end();
    assert!(log.contains("keys of the issuer fetched"), "{log}");
    assert!(!log.contains(&issuer.token(&good)[..60]), "{log}");

    // An unknown key is looked for at the issuer, once.
    let program = Program::start(&settings, &[("scraper", SCRAPER)], &[]);
    let before = issuer.fetched();
    let ask = |token: &str| get(&client(None), &program.url("/metrics"), Some(bearer(token))).status;
    assert_eq!(ask(&issuer.of_an_unknown_key(&good)), 401);
    assert_eq!(ask(&issuer.of_an_unknown_key(&good)), 401);
    assert_eq!(ask(&issuer.token(&good)), 200);
    assert_eq!(issuer.fetched() - before, 1);
}

#[test]
fn what_cannot_be_served_safely_stops_the_start() {
    for (more, tokens, expected) in [
        ("", &[("scraper", "too-short-secret")][..], "holds no usable token for http.tokens.scraper"),
        ("tls_key_file = \"/no/such/key\"\n", &[], "needs http.tls_certificate_file beside it"),
        ("tls_key_file = \"/no/such/key\"\ntls_certificate_file = \"/no/such/pem\"\n", &[], "cannot read /no/such/pem"),
    ] {
        let log = Program::refuses_to_start(more, tokens);
        assert!(log.contains(expected), "{log}");
        assert!(!log.contains("too-short-secret"), "{log}");
    }
}

#[test]
fn who_listens_to_everybody_is_told() {
    let program = Program::start_at("0.0.0.0:0", "", &[], &[]);
    assert_eq!(get(&client(None), &program.url("/metrics"), None).status, 200);
    let log = program.end();
    assert!(log.contains("everybody who can reach this address may read"), "{log}");
    let log = Program::start_at("0.0.0.0:0", "", &[("scraper", SCRAPER)], &[]).end();
    assert!(log.contains("credentials reach this address in the clear"), "{log}");
}
