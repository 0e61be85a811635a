//! Why pages cannot be served.

use std::{io, net::SocketAddr, path::PathBuf};

/// Why pages cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// The address cannot be listened on.
    #[error("cannot listen on {listen}; set http.listen to a free address, or to \"off\"")]
    Bind {
        /// Which address.
        listen: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// A file of the settings cannot be read.
    #[error("cannot read {}, which {key} names; let it be a file that gemwatch may read", path.display())]
    Unreadable {
        /// The setting.
        key: String,
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file holds no usable token.
    #[error(
        "{} holds no usable token for http.tokens.{name}; write one line of 32 to 512 visible characters there, such as \
         `openssl rand -hex 32` makes",
        path.display()
    )]
    Token {
        /// Whose.
        name: String,
        /// The file.
        path: PathBuf,
    },
    /// Two have the same token.
    #[error(
        "http.tokens.{first} and http.tokens.{second} are the same token; give each its own, or the log cannot tell them apart"
    )]
    SameToken {
        /// One of them.
        first: String,
        /// The other.
        second: String,
    },
    /// One of the two files is set without the other.
    #[error("http.tls_certificate_file and http.tls_key_file go together; set both, or none")]
    HalfOfTls,
    /// No certificate in the file.
    #[error("{} holds no certificate in PEM; http.tls_certificate_file is the server's certificate, then those between", path.display())]
    NoCertificate {
        /// The file.
        path: PathBuf,
    },
    /// No private key in the file.
    #[error("{} holds no private key in PEM; http.tls_key_file is the key of the certificate, without a password", path.display())]
    NoKey {
        /// The file.
        path: PathBuf,
    },
    /// Certificate and key cannot be used.
    #[error("the certificate in {} and the key in {} cannot be used together", certificate.display(), key.display())]
    Tls {
        /// The file of the certificate.
        certificate: PathBuf,
        /// The file of the key.
        key: PathBuf,
        /// Why.
        source: rustls::Error,
    },
}
