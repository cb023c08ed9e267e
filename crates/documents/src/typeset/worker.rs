//! Typesetting in processes of their own, with a bound on memory that holds whatever a template does, and an end that
//! comes from outside.
//!
//! A worker reads papers from its standard input and answers on its standard output; both are frames of eight bytes of
//! length (little endian) and content. It ends by itself when nobody asks for a while, and its memory with it. One whose
//! engine failed is not asked again, and a paper that failed in a worker with a past is set once more in a fresh one.

use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde::{Deserialize, Serialize};

use super::{Attachment, Paper, Place, Printed, Relationship, TypesetError, Typesetter};

/// Address space of a worker, of which the allocator reserves a gigabyte at a time: faces, the engine and a paper of 200
/// pages need a twentieth of it.
const MEMORY: u64 = 4 << 30;
/// A worker without work ends after this time.
const IDLE: Duration = Duration::from_secs(60);
/// Longest frame of either side.
const LONGEST_FRAME: u64 = 256 << 20;
/// What a worker may take beyond the limit of a paper, to begin and to answer.
const GRACE: Duration = Duration::from_secs(3);

/// A paper on its way, without the bytes of its attachments, which follow as frames.
#[derive(Serialize, Deserialize)]
struct Order {
    source: String,
    library: Vec<(String, String)>,
    data: serde_json::Value,
    title: String,
    language: String,
    dated: i64,
    attachments: Vec<Described>,
    limit_ms: u64,
}

#[derive(Serialize, Deserialize)]
struct Described {
    name: String,
    media_type: String,
    description: String,
    relationship: Relationship,
}

/// What became of it; the bytes of a PDF follow as a frame.
#[derive(Serialize, Deserialize)]
enum Answer {
    Printed { pages: usize, places: std::collections::BTreeMap<String, Place> },
    Template(String),
    TooLong(usize),
    TimedOut,
    Fonts(String),
    Engine(String),
}

fn write_frame(to: &mut impl Write, content: &[u8]) -> io::Result<()> {
    to.write_all(&(content.len() as u64).to_le_bytes())?;
    to.write_all(content)
}

fn read_frame(from: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut length = [0_u8; 8];
    from.read_exact(&mut length)?;
    let length = u64::from_le_bytes(length);
    if length > LONGEST_FRAME {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a frame is too long"));
    }
    let mut content = Vec::new();
    from.take(length).read_to_end(&mut content)?;
    if content.len() as u64 == length { Ok(content) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

/// Runs a worker until nobody asks any more: bounds its own memory, then typesets what arrives.
///
/// # Errors
/// What the system answers; a broken pipe is the end of the asking side and no error.
pub fn serve(fonts: Option<PathBuf>) -> io::Result<()> {
    // The bound may already be lower, and must not be raised then.
    let least = |limit: Option<u64>| Some(limit.map_or(MEMORY, |limit| limit.min(MEMORY)));
    let present = getrlimit(Resource::As);
    setrlimit(Resource::As, Rlimit { current: least(present.current), maximum: least(present.maximum) })?;
    // The place only: the words of a panic may quote a paper.
    std::panic::set_hook(Box::new(|panic| {
        if let Some(place) = panic.location() {
            let _ = writeln!(io::stderr(), "typesetting stopped at {}:{}", place.file(), place.line());
        }
    }));
    let (sender, orders) = mpsc::sync_channel(1);
    std::thread::Builder::new().name("orders".to_owned()).spawn(move || {
        let mut input = io::stdin().lock();
        while let Ok(order) = read_order(&mut input) {
            if sender.send(order).is_err() {
                return;
            }
        }
    })?;
    let typesetter = Typesetter::new(fonts);
    let mut output = io::stdout().lock();
    while let Ok((paper, limit)) = orders.recv_timeout(IDLE) {
        let answer = typesetter.clone().with_limit(limit).set(&paper);
        if tell(&mut output, answer).is_err() {
            break;
        }
    }
    Ok(())
}

fn read_order(input: &mut impl Read) -> io::Result<(Paper, Duration)> {
    let order: Order = serde_json::from_slice(&read_frame(input)?)?;
    let mut attachments = Vec::new();
    for Described { name, media_type, description, relationship } in order.attachments {
        attachments.push(Attachment { name, media_type, description, relationship, bytes: read_frame(input)? });
    }
    let paper = Paper {
        source: order.source,
        library: order.library.into_iter().map(|(name, text)| (name, text.into())).collect(),
        data: order.data,
        title: order.title,
        language: order.language,
        dated: Timestamp::from_microsecond(order.dated).map_err(io::Error::other)?,
        attachments,
    };
    Ok((paper, Duration::from_millis(order.limit_ms)))
}

fn tell(output: &mut impl Write, outcome: Result<Printed, TypesetError>) -> io::Result<()> {
    let (answer, bytes) = match outcome {
        Ok(Printed { bytes, pages, places }) => (Answer::Printed { pages, places }, Some(bytes)),
        Err(TypesetError::Template(reason)) => (Answer::Template(reason), None),
        Err(TypesetError::TooLong(pages)) => (Answer::TooLong(pages), None),
        Err(TypesetError::TimedOut) => (Answer::TimedOut, None),
        Err(TypesetError::Fonts(reason)) => (Answer::Fonts(reason), None),
        Err(other) => (Answer::Engine(other.to_string()), None),
    };
    write_frame(output, &serde_json::to_vec(&answer)?)?;
    if let Some(bytes) = bytes {
        write_frame(output, &bytes)?;
    }
    output.flush()
}

/// Workers that wait for the next paper.
pub(super) struct Workers {
    program: PathBuf,
    arguments: Vec<String>,
    idle: Mutex<Vec<Worker>>,
    most_idle: usize,
}

struct Worker {
    child: Child,
    input: ChildStdin,
    answers: Receiver<io::Result<(Answer, Vec<u8>)>>,
}

impl Drop for Worker {
    fn drop(&mut self) {
        // It may have ended already; nothing is owed to it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Workers {
    pub(super) fn new(program: PathBuf, arguments: Vec<String>) -> Workers {
        let most_idle = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Workers { program, arguments, idle: Mutex::default(), most_idle }
    }

    /// Typesets in a worker; one that does not answer in time is ended.
    pub(super) fn set(&self, paper: &Paper, longest: Duration) -> Result<Printed, TypesetError> {
        let end = Instant::now() + longest + GRACE;
        let waiting = || self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        // A waiting worker may have ended since; a fresh one has not.
        while let Some(mut worker) = waiting() {
            if worker.ask(paper, longest).is_ok() {
                match worker.answer(end) {
                    Err(Lost::Ended) => {}
                    // What it remembers of earlier papers may be why.
                    Ok((Answer::Engine(_), _)) => {}
                    other => return self.settle(worker, other),
                }
            }
        }
        let mut worker = self.start()?;
        worker.ask(paper, longest).map_err(failed)?;
        let answer = worker.answer(end);
        self.settle(worker, answer)
    }

    fn settle(&self, worker: Worker, answer: Result<(Answer, Vec<u8>), Lost>) -> Result<Printed, TypesetError> {
        let (answer, bytes) = match answer {
            Ok(answer) => answer,
            Err(Lost::Late) => return Err(TypesetError::TimedOut),
            // Beyond its memory, most likely.
            Err(Lost::Ended) => return Err(TypesetError::Engine("the worker ended over this paper".to_owned())),
        };
        // What was given up still runs in there, and an engine that failed is not trusted: that worker is ended with the
        // value.
        if !matches!(answer, Answer::TimedOut | Answer::Engine(_)) {
            let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
            if idle.len() < self.most_idle {
                idle.push(worker);
            }
        }
        match answer {
            Answer::Printed { pages, places } => Ok(Printed { bytes, pages, places }),
            Answer::Template(reason) => Err(TypesetError::Template(reason)),
            Answer::TooLong(pages) => Err(TypesetError::TooLong(pages)),
            Answer::TimedOut => Err(TypesetError::TimedOut),
            Answer::Fonts(reason) => Err(TypesetError::Fonts(reason)),
            Answer::Engine(reason) => Err(TypesetError::Engine(reason)),
        }
    }

    fn start(&self) -> Result<Worker, TypesetError> {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).env_clear().stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        let mut child = command.spawn().map_err(failed)?;
        let (Some(input), Some(mut output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(TypesetError::Engine("a worker without pipes".to_owned()));
        };
        let (sender, answers) = mpsc::channel();
        let read = move || {
            loop {
                let answer = read_answer(&mut output);
                let ended = answer.is_err();
                if sender.send(answer).is_err() || ended {
                    return;
                }
            }
        };
        std::thread::Builder::new().name("typeset-answers".to_owned()).spawn(read).map_err(failed)?;
        Ok(Worker { child, input, answers })
    }
}

fn failed(error: impl std::fmt::Display) -> TypesetError {
    TypesetError::Engine(error.to_string())
}

fn read_answer(output: &mut impl Read) -> io::Result<(Answer, Vec<u8>)> {
    let answer: Answer = serde_json::from_slice(&read_frame(output)?)?;
    let bytes = if matches!(answer, Answer::Printed { .. }) { read_frame(output)? } else { Vec::new() };
    Ok((answer, bytes))
}

/// Why there is no answer.
enum Lost {
    Late,
    Ended,
}

impl Worker {
    fn ask(&mut self, paper: &Paper, longest: Duration) -> io::Result<()> {
        let described = |file: &Attachment| Described {
            name: file.name.clone(),
            media_type: file.media_type.clone(),
            description: file.description.clone(),
            relationship: file.relationship,
        };
        let order = Order {
            source: paper.source.clone(),
            library: paper.library.iter().map(|(name, text)| (name.clone(), text.to_string())).collect(),
            data: paper.data.clone(),
            title: paper.title.clone(),
            language: paper.language.clone(),
            dated: paper.dated.as_microsecond(),
            attachments: paper.attachments.iter().map(described).collect(),
            limit_ms: u64::try_from(longest.as_millis()).unwrap_or(u64::MAX),
        };
        write_frame(&mut self.input, &serde_json::to_vec(&order)?)?;
        for file in &paper.attachments {
            write_frame(&mut self.input, &file.bytes)?;
        }
        self.input.flush()
    }

    fn answer(&self, end: Instant) -> Result<(Answer, Vec<u8>), Lost> {
        match self.answers.recv_timeout(end.saturating_duration_since(Instant::now())) {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(_)) | Err(RecvTimeoutError::Disconnected) => Err(Lost::Ended),
            Err(RecvTimeoutError::Timeout) => Err(Lost::Late),
        }
    }
}
