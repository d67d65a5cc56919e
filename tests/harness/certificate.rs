//! Certificates for TLS.

use std::path::PathBuf;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tempfile::TempDir;

/// A certificate for 127.0.0.1 and the authority that signed it, as PEM files.
#[derive(Debug)]
pub struct Certificate {
    directory: TempDir,
}

impl Certificate {
    /// Makes an authority and has it sign a certificate.
    pub fn new() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let authority_key = KeyPair::generate().expect("a key");
        let mut authority = CertificateParams::default();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority_pem = authority.self_signed(&authority_key).expect("an authority").pem();
        let issuer = Issuer::new(authority, authority_key);
        let key = KeyPair::generate().expect("a key");
        let certificate = CertificateParams::new(["127.0.0.1".to_owned()])
            .and_then(|parameters| parameters.signed_by(&key, &issuer))
            .expect("a certificate");
        let made = Self { directory };
        for (path, text) in [
            (made.authority(), authority_pem),
            (made.certificate(), certificate.pem()),
            (made.key(), key.serialize_pem()),
        ] {
            std::fs::write(path, text).expect("the directory takes files");
        }
        made
    }

    /// The authority's certificate.
    pub fn authority(&self) -> PathBuf {
        self.directory.path().join("authority.pem")
    }

    /// The server's certificate.
    pub fn certificate(&self) -> PathBuf {
        self.directory.path().join("certificate.pem")
    }

    /// The server's key.
    pub fn key(&self) -> PathBuf {
        self.directory.path().join("key.pem")
    }
}

impl Default for Certificate {
    fn default() -> Self {
        Self::new()
    }
}
