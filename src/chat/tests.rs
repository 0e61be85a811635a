//! The client against a real server on this machine, which the tests of rewriting and judging use as well.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::mpsc;

use super::*;

/// A server on a port of its own that gives these answers (status and body), one to each request, and what it was sent.
pub(crate) fn server(answers: Vec<(u16, String)>) -> (String, mpsc::Receiver<(String, serde_json::Value)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/v1/", listener.local_addr().unwrap());
    let (sent, received) = mpsc::channel();
    thread::spawn(move || {
        for (status, body) in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let mut head = String::new();
            while !head.ends_with("\r\n\r\n") {
                assert!(reader.read_line(&mut head).unwrap() > 0);
            }
            let length =
                head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ").map(str::to_owned));
            let mut request = vec![0; length.unwrap().parse().unwrap()];
            reader.read_exact(&mut request).unwrap();
            sent.send((head, serde_json::from_slice(&request).unwrap())).unwrap();
            let answer =
                format!("HTTP/1.1 {status} x\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}", body.len());
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    (address, received)
}

/// A completion with this text.
pub(crate) fn completion(text: &str) -> String {
    serde_json::json!({ "choices": [{ "message": { "role": "assistant", "content": text } }] }).to_string()
}

#[test]
fn a_busy_server_is_asked_again_and_the_key_is_sent() {
    let (address, received) = server(vec![(503, "busy".to_owned()), (200, completion("yes"))]);
    let mut chat = ChatServer::new(&address, "small", Some("secret".to_owned()));
    chat.first_pause = Duration::ZERO;
    assert_eq!(chat.ask("be brief", "is it?").unwrap(), "yes");
    let requests: Vec<_> = received.iter().collect();
    assert_eq!(requests.len(), 2);
    let (head, body) = &requests[1];
    assert!(
        head.starts_with("POST /v1/chat/completions ") && head.to_lowercase().contains("authorization: bearer secret")
    );
    assert_eq!((body["model"].as_str(), body["messages"][1]["content"].as_str()), (Some("small"), Some("is it?")));
}

#[test]
fn what_is_no_answer_is_an_error_that_says_why() {
    let answers =
        vec![(401, "no such key".to_owned()), (200, "<html>".to_owned()), (200, r#"{"choices":[]}"#.to_owned())];
    let (address, _received) = server(answers);
    let chat = ChatServer::new(&address, "small", None);
    let error = |()| chat.ask("", "").unwrap_err().to_string();
    assert!(error(()).contains("answered 401: no such key"));
    assert!(error(()).contains("did not answer as chat completions do: <html>"));
    assert!(error(()).ends_with("has no text"));
}
