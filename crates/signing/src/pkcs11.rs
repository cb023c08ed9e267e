//! Keys on a token: a smart card or a hardware security module, by PKCS#11. The key never leaves it.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::slot::Slot;
use cryptoki::types::AuthPin;
use der::asn1::{Any, BitString, OctetString, UintRef};
use der::oid::db::rfc5912;
use der::{Decode as _, Encode as _, Sequence};
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};

use crate::{DigestAlgorithm, PrivateKey, SignatureAlgorithm, SigningError, folder};

/// Sessions kept open between signatures; more are opened while more threads sign.
const MAX_IDLE: usize = 8;
const MAX_PIN: u64 = 256;

/// Where a key lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pkcs11Config {
    /// The module of the maker of the token, such as `/usr/lib/softhsm/libsofthsm2.so`.
    pub module: PathBuf,
    /// Label of the token.
    pub token: String,
    /// Label of the key pair on it.
    pub key: String,
    /// File with the PIN, which only its owner may read.
    pub pin_file: PathBuf,
}

/// A key on a token. Signs from many threads; each has a session of its own meanwhile.
pub struct Pkcs11Key {
    config: Pkcs11Config,
    module: Pkcs11,
    algorithm: SignatureAlgorithm,
    public_key_info: Vec<u8>,
    idle: Mutex<Vec<(Session, ObjectHandle)>>,
}

impl std::fmt::Debug for Pkcs11Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pkcs11Key").field("token", &self.config.token).field("key", &self.config.key).finish()
    }
}

impl Pkcs11Key {
    /// Signs in to the token and finds the key pair.
    ///
    /// # Errors
    /// [`SigningError::Token`] when module, token, PIN or key do not answer or fit, [`SigningError::OpenToOthers`] and
    /// [`SigningError::Io`] for the file of the PIN, [`SigningError::WeakAlgorithm`] for a key this house does not use.
    pub fn open(config: Pkcs11Config) -> Result<Pkcs11Key, SigningError> {
        let module = module(&config)?;
        let (session, private) = sign_in(&module, &config)?;
        let info = public_key(&session, &config)?;
        let algorithm = SignatureAlgorithm::of_public_key(&info)?;
        let public_key_info = info.to_der().map_err(|_| SigningError::KeyRefused("public half"))?;
        let key = Pkcs11Key { config, module, algorithm, public_key_info, idle: Mutex::new(vec![(session, private)]) };
        // A pair whose halves do not belong together would only be noticed when a document is signed.
        let probe = key.sign(b"haidang")?;
        crate::verify(&info, &algorithm.identifier(), None, b"haidang", &probe)?;
        Ok(key)
    }

    fn idle(&self) -> MutexGuard<'_, Vec<(Session, ObjectHandle)>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sign_with(&self, message: &[u8], session: &Session, key: ObjectHandle) -> Result<Vec<u8>, SigningError> {
        let failed = |error| token(&self.config, "signing", &error);
        match self.algorithm {
            SignatureAlgorithm::EcdsaP256 => {
                let digest = DigestAlgorithm::Sha256.digest(message);
                ecdsa_der(&session.sign(&Mechanism::Ecdsa, key, &digest).map_err(failed)?)
            }
            _ => session.sign(&Mechanism::Sha256RsaPkcs, key, message).map_err(failed),
        }
    }
}

impl PrivateKey for Pkcs11Key {
    fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    /// A session that fails is dropped, and one more is tried: the token may have been unplugged or restarted.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SigningError> {
        let kept = self.idle().pop();
        if let Some((session, key)) = kept
            && let Ok(signature) = self.sign_with(message, &session, key)
        {
            self.keep(session, key);
            return Ok(signature);
        }
        let (session, key) = sign_in(&self.module, &self.config)?;
        let signature = self.sign_with(message, &session, key)?;
        self.keep(session, key);
        Ok(signature)
    }

    fn public_key_info(&self) -> &[u8] {
        &self.public_key_info
    }
}

impl Pkcs11Key {
    fn keep(&self, session: Session, key: ObjectHandle) {
        let mut idle = self.idle();
        if idle.len() < MAX_IDLE {
            idle.push((session, key));
        }
    }
}

fn token(config: &Pkcs11Config, what: &'static str, error: &Error) -> SigningError {
    SigningError::Token { token: config.token.clone(), what, reason: error.to_string() }
}

fn missing(config: &Pkcs11Config, what: &'static str) -> SigningError {
    SigningError::Token { token: config.token.clone(), what, reason: "not found, or not one alone".to_owned() }
}

/// A module is started once in a process (PKCS#11, 5.4), however many keys lie behind it.
fn module(config: &Pkcs11Config) -> Result<Pkcs11, SigningError> {
    static STARTED: Mutex<BTreeMap<PathBuf, Pkcs11>> = Mutex::new(BTreeMap::new());
    let mut started = STARTED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(module) = started.get(&config.module) {
        return Ok(module.clone());
    }
    let failed = |error| token(config, "starting the module", &error);
    let module = Pkcs11::new(&config.module).map_err(failed)?;
    match module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
        Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => {}
        Err(error) => return Err(failed(error)),
    }
    started.insert(config.module.clone(), module.clone());
    Ok(module)
}

/// A session that is signed in, with the private key.
fn sign_in(module: &Pkcs11, config: &Pkcs11Config) -> Result<(Session, ObjectHandle), SigningError> {
    let session =
        module.open_ro_session(slot(module, config)?).map_err(|error| token(config, "opening a session", &error))?;
    let pin = read_pin(&config.pin_file)?;
    match session.login(UserType::User, Some(&pin)) {
        // Signing in counts for all sessions of the process on this token.
        Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => {}
        Err(error) => return Err(token(config, "signing in", &error)),
    }
    let key = find(&session, config, ObjectClass::PRIVATE_KEY, "finding the private key")?;
    Ok((session, key))
}

fn slot(module: &Pkcs11, config: &Pkcs11Config) -> Result<Slot, SigningError> {
    let slots = module.get_slots_with_initialized_token().map_err(|error| token(config, "listing tokens", &error))?;
    let wanted = |slot: &&Slot| module.get_token_info(**slot).is_ok_and(|info| info.label().trim_end() == config.token);
    let mut found = slots.iter().filter(wanted);
    match (found.next(), found.next()) {
        (Some(slot), None) => Ok(*slot),
        _ => Err(missing(config, "finding the token")),
    }
}

fn find(
    session: &Session,
    config: &Pkcs11Config,
    class: ObjectClass,
    what: &'static str,
) -> Result<ObjectHandle, SigningError> {
    let wanted = [Attribute::Class(class), Attribute::Label(config.key.as_bytes().to_vec())];
    let found = session.find_objects(&wanted).map_err(|error| token(config, what, &error))?;
    match found.as_slice() {
        [one] => Ok(*one),
        _ => Err(missing(config, what)),
    }
}

fn read_pin(path: &Path) -> Result<AuthPin, SigningError> {
    let io = |source| folder::io(path, source);
    let file = std::fs::File::open(path).map_err(io)?;
    folder::refuse_open_to_others(path, &file.metadata().map_err(io)?)?;
    let mut text = String::new();
    file.take(MAX_PIN).read_to_string(&mut text).map_err(io)?;
    Ok(AuthPin::new(text.trim_end_matches(['\r', '\n']).into()))
}

/// The public half, from the public key object with the same label.
fn public_key(session: &Session, config: &Pkcs11Config) -> Result<SubjectPublicKeyInfoOwned, SigningError> {
    let what = "reading the public key";
    let object = find(session, config, ObjectClass::PUBLIC_KEY, what)?;
    let wanted = [
        AttributeType::KeyType,
        AttributeType::EcPoint,
        AttributeType::EcParams,
        AttributeType::Modulus,
        AttributeType::PublicExponent,
    ];
    let found = session.get_attributes(object, &wanted).map_err(|error| token(config, what, &error))?;
    let (mut kind, mut point, mut curve, mut modulus, mut exponent) = (None, None, None, None, None);
    for attribute in found {
        match attribute {
            Attribute::KeyType(value) => kind = Some(value),
            Attribute::EcPoint(value) => point = Some(value),
            Attribute::EcParams(value) => curve = Some(value),
            Attribute::Modulus(value) => modulus = Some(value),
            Attribute::PublicExponent(value) => exponent = Some(value),
            _ => {}
        }
    }
    let made = match (kind, point, curve, modulus, exponent) {
        (Some(KeyType::EC), Some(point), Some(curve), _, _) => ec_info(&point, &curve),
        (Some(KeyType::RSA), _, _, Some(modulus), Some(exponent)) => rsa_info(&modulus, &exponent),
        _ => return Err(SigningError::KeyRefused("neither EC nor RSA")),
    };
    made.map_err(|_| SigningError::KeyRefused("public half has no DER form"))
}

fn ec_info(point: &[u8], curve: &[u8]) -> der::Result<SubjectPublicKeyInfoOwned> {
    // PKCS#11 wraps the point in an OCTET STRING; some modules forget to.
    let bare = OctetString::from_der(point).map(OctetString::into_bytes).unwrap_or_else(|_| point.to_vec());
    Ok(SubjectPublicKeyInfoOwned {
        algorithm: AlgorithmIdentifierOwned { oid: rfc5912::ID_EC_PUBLIC_KEY, parameters: Some(Any::from_der(curve)?) },
        subject_public_key: BitString::from_bytes(&bare)?,
    })
}

fn rsa_info(modulus: &[u8], exponent: &[u8]) -> der::Result<SubjectPublicKeyInfoOwned> {
    let key = pkcs1::RsaPublicKey { modulus: UintRef::new(modulus)?, public_exponent: UintRef::new(exponent)? };
    Ok(SubjectPublicKeyInfoOwned {
        algorithm: AlgorithmIdentifierOwned { oid: rfc5912::RSA_ENCRYPTION, parameters: Some(Any::null()) },
        subject_public_key: BitString::from_bytes(&key.to_der()?)?,
    })
}

#[derive(Sequence)]
struct EcdsaSignature<'a> {
    r: UintRef<'a>,
    s: UintRef<'a>,
}

/// PKCS#11 gives the two numbers of an ECDSA signature as they are; X.509 wants them as a DER sequence (RFC 3279, 2.2.3).
fn ecdsa_der(raw: &[u8]) -> Result<Vec<u8>, SigningError> {
    let refused = |_| SigningError::KeyRefused("the token gave no ECDSA signature");
    let (r, s) = raw.split_at(raw.len() / 2);
    let signature = EcdsaSignature { r: UintRef::new(r).map_err(refused)?, s: UintRef::new(s).map_err(refused)? };
    signature.to_der().map_err(refused)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::process::Command;
    use std::sync::Arc;

    use super::*;
    use crate::fixture::Order;
    use crate::{FileKey, cms};

    const MODULES: [&str; 2] = ["/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so"];
    const PIN: &str = "123456";

    #[test]
    fn numbers_become_a_der_sequence() {
        let raw = [[0u8; 31].as_slice(), &[0x81], &[0u8; 30], &[1, 2]].concat();
        assert_eq!(ecdsa_der(&raw).unwrap(), [0x30, 8, 2, 2, 0, 0x81, 2, 2, 1, 2]);
    }

    #[test]
    fn a_module_that_is_not_there_is_named() {
        let config = Pkcs11Config {
            module: "/nowhere/module.so".into(),
            token: "t".to_owned(),
            key: "k".to_owned(),
            pin_file: "/nowhere/pin".into(),
        };
        assert!(matches!(Pkcs11Key::open(config), Err(SigningError::Token { what: "starting the module", .. })));
    }

    /// SoftHSM reads where its tokens lie from the environment when it starts: the test runs itself again with it set.
    #[test]
    fn keys_on_a_token_sign_like_keys_in_a_file() {
        let Some(module) = MODULES.iter().find(|path| Path::new(path).exists()) else {
            println!("SoftHSM is not on this machine (package softhsm2): keys on tokens are not tested");
            return;
        };
        if std::env::var_os("HAIDANG_TEST_TOKEN").is_some() {
            return check_token(Path::new(module));
        }
        let place = tempfile::tempdir().unwrap();
        std::fs::create_dir(place.path().join("tokens")).unwrap();
        let settings = format!("directories.tokendir = {}\nlog.level = ERROR\n", place.path().join("tokens").display());
        let config = place.path().join("softhsm2.conf");
        std::fs::write(&config, settings).unwrap();
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "pkcs11::tests::keys_on_a_token_sign_like_keys_in_a_file", "--nocapture"])
            .env("SOFTHSM2_CONF", &config)
            .env("HAIDANG_TEST_TOKEN", place.path())
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&[output.stdout, output.stderr].concat()));
    }

    fn check_token(module: &Path) {
        let place = PathBuf::from(std::env::var_os("HAIDANG_TEST_TOKEN").unwrap());
        let util = |arguments: &[&str]| {
            let output = Command::new("softhsm2-util").args(arguments).output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        };
        util(&["--init-token", "--free", "--label", "city", "--so-pin", "12345678", "--pin", PIN]);
        let pin_file = place.join("pin");
        folder::write_private(&pin_file, format!("{PIN}\n").as_bytes()).unwrap();
        let config = |key: &str| Pkcs11Config {
            module: module.to_owned(),
            token: "city".to_owned(),
            key: key.to_owned(),
            pin_file: pin_file.clone(),
        };
        for (number, algorithm) in
            [SignatureAlgorithm::EcdsaP256, SignatureAlgorithm::Rsa2048, SignatureAlgorithm::Rsa3072]
                .into_iter()
                .enumerate()
        {
            let name = format!("{algorithm:?}");
            let file = place.join(&name);
            let twin = FileKey::generate(algorithm).unwrap();
            twin.write_new(&file).unwrap();
            let id = format!("0{number}");
            let file = file.to_str().unwrap();
            util(&["--import", file, "--token", "city", "--label", &name, "--id", &id, "--pin", PIN]);
            let key = Pkcs11Key::open(config(&name)).unwrap();
            assert_eq!((key.algorithm(), key.public_key_info()), (algorithm, twin.public_key_info()));
            check_signatures(key, twin);
        }
        assert!(matches!(Pkcs11Key::open(config("none")), Err(SigningError::Token { .. })));
        let wrong = place.join("wrong");
        folder::write_private(&wrong, b"000000").unwrap();
        let other = Pkcs11Config { token: "village".to_owned(), ..config("EcdsaP256") };
        assert!(matches!(Pkcs11Key::open(other), Err(SigningError::Token { what: "finding the token", .. })));
        let refused = Pkcs11Config { pin_file: wrong, ..config("EcdsaP256") };
        assert!(matches!(Pkcs11Key::open(refused), Err(SigningError::Token { what: "signing in", .. })));
    }

    /// Four threads sign with one key; what they sign is accepted under the certificate of its twin.
    fn check_signatures(key: Pkcs11Key, twin: FileKey) {
        let certificate = Order::signer("Nguyen Van A", 3).issue_for(twin, None).certificate;
        let key = Arc::new(key);
        let threads = (0..4u8).map(|thread| {
            let (key, certificate) = (Arc::clone(&key), certificate.clone());
            std::thread::spawn(move || {
                for round in 0..5u8 {
                    let digest = DigestAlgorithm::Sha256.digest(&[thread, round]);
                    let der = cms::sign_detached(&digest, key.as_ref(), &certificate, &[]).unwrap();
                    cms::SignedData::parse(&der).unwrap().verify(&digest).unwrap();
                }
            })
        });
        threads.collect::<Vec<_>>().into_iter().for_each(|thread| thread.join().unwrap());
    }
}
