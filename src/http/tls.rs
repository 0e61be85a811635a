//! Certificate and key of the server. They are read once, at the start.

use std::{path::Path, sync::Arc};

use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use tokio_rustls::TlsAcceptor;

use super::{HttpError, HttpSettings, tokens::read_file};

/// What speaks TLS 1.2 and 1.3 with these files, if they are set.
pub(super) fn acceptor(settings: &HttpSettings) -> Result<Option<TlsAcceptor>, HttpError> {
    match (&settings.tls_certificate_file, &settings.tls_key_file) {
        (None, None) => Ok(None),
        (Some(certificate), Some(key)) => Ok(Some(of_files(certificate, key)?)),
        _ => Err(HttpError::HalfOfTls),
    }
}

fn of_files(certificate: &Path, key: &Path) -> Result<TlsAcceptor, HttpError> {
    let pem = read_file("http.tls_certificate_file", certificate)?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    let chain = chain.ok().filter(|chain| !chain.is_empty());
    let chain = chain.ok_or_else(|| HttpError::NoCertificate { path: certificate.to_owned() })?;
    // What the parser found is not passed on: it may quote the key.
    let private = PrivateKeyDer::from_pem_slice(&read_file("http.tls_key_file", key)?)
        .map_err(|_| HttpError::NoKey { path: key.to_owned() })?;
    let tls = |source| HttpError::Tls { certificate: certificate.to_owned(), key: key.to_owned(), source };
    let mut config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(tls)?
        .with_no_client_auth()
        .with_single_cert(chain, private)
        .map_err(tls)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn what_is_wrong_with_the_files_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::write(&path, text).unwrap();
            path
        };
        let made = || rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let (one, other) = (made(), made());
        let certificate = file("one.pem", &one.cert.pem());
        let key = file("one.key", &one.signing_key.serialize_pem());
        let wrong_key = file("other.key", &other.signing_key.serialize_pem());
        let empty = file("empty.pem", "nothing");
        assert!(of_files(&certificate, &key).is_ok());
        let error = |certificate: &Path, key: &Path| of_files(certificate, key).err().unwrap().to_string();
        for (certificate, key, expected) in [
            (&certificate, &wrong_key, "other.key cannot be used together"),
            (&empty, &key, "empty.pem holds no certificate in PEM; http.tls_certificate_file"),
            (&certificate, &empty, "empty.pem holds no private key in PEM; http.tls_key_file"),
            (&certificate, &folder.path().join("gone"), "gone, which http.tls_key_file names"),
        ] {
            let error = error(certificate, key);
            assert!(error.contains(expected), "{error}");
        }
    }
}
