//! Following a chain from its result to the files under it.

use std::collections::{BTreeMap, BTreeSet};

use super::HashChainError;
use super::parse::{self, Address, Chain, Part};
use super::tree::node;
use crate::DigestAlgorithm;

/// Most steps on top of each other: a tree over everything that exists is not that deep.
const DEPTH: usize = 64;
/// Most files of steps one chain may go through; usual is one.
const FILES: usize = 16;

/// Where the files under a chain come from.
pub trait Files {
    /// A file by its name; none when it is not there.
    fn file(&self, name: &str) -> Option<&[u8]>;

    /// The digest of a file, or of the piece of it with this name; none when it is not there.
    fn digest(&self, name: &str, fragment: Option<&str>, algorithm: DigestAlgorithm) -> Option<Vec<u8>> {
        let whole = self.file(name).filter(|_| fragment.is_none())?;
        Some(algorithm.digest(whole))
    }
}

/// Follows the chain of a result file and returns the addresses of the files under it, every one of which is what the
/// chain says. `required` must be among them, as `file` or `file#piece`.
///
/// An attachment (`attachment1` and so on) that is not there counts by its digest alone: who keeps a message may have
/// deleted what came with it. Everything else that is named must be there.
///
/// # Errors
/// [`HashChainError`], the first thing that does not fit.
pub fn evaluate(files: &dyn Files, result: &str, required: &[&str]) -> Result<BTreeSet<String>, HashChainError> {
    let read = files.file(result).ok_or_else(|| HashChainError::Absent(result.to_owned()))?;
    let outcome = parse::outcome(result, read)?;
    let mut walk = Walk { files, chains: BTreeMap::new(), done: BTreeMap::new(), used: BTreeSet::new() };
    let (hash, top) = walk.step(&outcome.file, &outcome.step, &mut Vec::new())?;
    if hash != outcome.hash || top != outcome.top {
        return Err(HashChainError::Top);
    }
    match required.iter().find(|name| !walk.used.contains(**name)) {
        Some(unused) => Err(HashChainError::Unused((*unused).to_owned())),
        None => Ok(walk.used),
    }
}

/// A step, by its file and its name.
type StepName = (String, String);

struct Walk<'f> {
    files: &'f dyn Files,
    chains: BTreeMap<String, Chain>,
    /// Steps that were followed already: each is followed once, however often it is named.
    done: BTreeMap<StepName, (DigestAlgorithm, Vec<u8>)>,
    used: BTreeSet<String>,
}

impl Walk<'_> {
    fn step(
        &mut self,
        file: &str,
        step: &str,
        above: &mut Vec<StepName>,
    ) -> Result<(DigestAlgorithm, Vec<u8>), HashChainError> {
        let name = (file.to_owned(), step.to_owned());
        if let Some(value) = self.done.get(&name) {
            return Ok(value.clone());
        }
        if above.len() >= DEPTH || above.contains(&name) {
            return Err(HashChainError::Circular);
        }
        let (hash, parts) = self.parts(file, step)?;
        above.push(name.clone());
        let mut values = Vec::with_capacity(parts.len());
        for (made_by, part) in parts {
            let value = match part {
                Part::Value(digest) => digest,
                Part::Data(digest, address) => self.input(made_by, digest, &address)?,
                Part::Step(other, step) => {
                    let (hash, value) = self.step(other.as_deref().unwrap_or(file), &step, above)?;
                    if hash != made_by {
                        return Err(HashChainError::Form { file: file.to_owned(), fault: "two hashes for one step" });
                    }
                    value
                }
            };
            values.push((made_by, value));
        }
        above.pop();
        let values: Vec<(DigestAlgorithm, &[u8])> = values.iter().map(|(by, value)| (*by, value.as_slice())).collect();
        let value = (hash, node(hash, &values));
        self.done.insert(name, value.clone());
        Ok(value)
    }

    /// The parts of a step, taken out of its chain: nobody needs them again.
    fn parts(
        &mut self,
        file: &str,
        step: &str,
    ) -> Result<(DigestAlgorithm, Vec<(DigestAlgorithm, Part)>), HashChainError> {
        if !self.chains.contains_key(file) {
            if self.chains.len() == FILES {
                return Err(HashChainError::Circular);
            }
            let bytes = self.files.file(file).ok_or_else(|| HashChainError::Absent(file.to_owned()))?;
            self.chains.insert(file.to_owned(), parse::chain(file, bytes)?);
        }
        let chain = self.chains.get_mut(file).ok_or_else(|| HashChainError::Absent(file.to_owned()))?;
        let parts = chain.steps.remove(step).ok_or_else(|| HashChainError::NoStep(step.to_owned()))?;
        Ok((chain.hash, parts))
    }

    fn input(
        &mut self,
        made_by: DigestAlgorithm,
        digest: Vec<u8>,
        address: &Address,
    ) -> Result<Vec<u8>, HashChainError> {
        let shown = match &address.fragment {
            Some(fragment) => format!("{}#{fragment}", address.file),
            None => address.file.clone(),
        };
        match self.files.digest(&address.file, address.fragment.as_deref(), made_by) {
            Some(found) if found == digest => {}
            Some(_) => return Err(HashChainError::Input(shown)),
            None if address.fragment.is_none() && is_attachment(&address.file) => {}
            None => return Err(HashChainError::Input(shown)),
        }
        self.used.insert(shown);
        Ok(digest)
    }
}

/// Whether a name is that of an attachment: `attachment` and a number.
pub(crate) fn is_attachment(name: &str) -> bool {
    let number = name.strip_prefix("attachment");
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}
