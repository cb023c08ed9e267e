//! Forms from data: JSON Schema 2020-12 with `x-hd`, from HTML fields to a checked answer and back.
//!
//! One answer is one flat JSON object. What a person typed and what could not be read stays in it as text, so nothing
//! typed is lost; the validation then says beside the field what is wrong and what to do.

mod checks;
mod codes;
mod decode;
mod display;
mod encode;
mod expand;
mod field;
mod messages;
mod read;
mod scalar;
mod validate;

pub use checks::Check;
pub use codes::{Code, CodeLists};
pub use decode::{Button, Decoded, MOST_BYTES, apply, decode, decode_fields};
pub use display::{Line, display, summary, view};
pub use encode::{encode, encode_fields};
pub use field::{Choice, Field, Form, Requirement, Widget, html_id};
pub use read::FormFault;
pub(crate) use validate::judge;
pub use validate::{AnswerError, relevant, validate_all, validate_page};
