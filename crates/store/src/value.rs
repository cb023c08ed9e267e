//! The five kinds of value that both databases understand alike.

use haidang_kernel::id::Id;
use jiff::{Timestamp, civil};

/// A bound argument. Absent values keep their kind because PostgreSQL types its parameters.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Column `TEXT`: texts, ids, codes, JSON, civil dates.
    Text(Option<String>),
    /// Column `BIGINT`: integers, money in đồng, times in microseconds UTC.
    Integer(Option<i64>),
    /// Column `DOUBLE PRECISION`.
    Real(Option<f64>),
    /// Column `BOOLEAN`.
    Boolean(Option<bool>),
    /// Column `BYTEA`.
    Bytes(Option<Vec<u8>>),
}

/// Something that can be bound to a statement.
pub trait Bind {
    /// The value of this thing.
    fn value(self) -> Value;
    /// The absent value of the same kind.
    fn absent() -> Value;
}

macro_rules! bind {
    ($($kind:ty => $variant:ident, $value:ident => $convert:expr;)*) => {$(
        impl Bind for $kind {
            fn value(self) -> Value {
                let $value = self;
                Value::$variant(Some($convert))
            }
            fn absent() -> Value {
                Value::$variant(None)
            }
        }
        impl From<$kind> for Value {
            fn from(value: $kind) -> Value {
                Bind::value(value)
            }
        }
    )*};
}

bind! {
    &str => Text, v => v.to_owned();
    &String => Text, v => v.clone();
    String => Text, v => v;
    i64 => Integer, v => v;
    &i64 => Integer, v => *v;
    i32 => Integer, v => i64::from(v);
    u32 => Integer, v => i64::from(v);
    u8 => Integer, v => i64::from(v);
    bool => Boolean, v => v;
    &bool => Boolean, v => *v;
    f64 => Real, v => v;
    Vec<u8> => Bytes, v => v;
    &Vec<u8> => Bytes, v => v.clone();
    &[u8] => Bytes, v => v.to_vec();
    Timestamp => Integer, v => v.as_microsecond();
    &Timestamp => Integer, v => v.as_microsecond();
    civil::Date => Text, v => v.to_string();
    &civil::Date => Text, v => v.to_string();
    serde_json::Value => Text, v => v.to_string();
    &serde_json::Value => Text, v => v.to_string();
}

impl<T> Bind for Id<T> {
    fn value(self) -> Value {
        Value::Text(Some(self.as_str().to_owned()))
    }
    fn absent() -> Value {
        Value::Text(None)
    }
}

impl<T> Bind for &Id<T> {
    fn value(self) -> Value {
        Value::Text(Some(self.as_str().to_owned()))
    }
    fn absent() -> Value {
        Value::Text(None)
    }
}

impl<T> From<Id<T>> for Value {
    fn from(id: Id<T>) -> Value {
        id.value()
    }
}

impl<T> From<&Id<T>> for Value {
    fn from(id: &Id<T>) -> Value {
        id.value()
    }
}

impl<B: Bind> From<Option<B>> for Value {
    fn from(option: Option<B>) -> Value {
        option.map_or_else(B::absent, Bind::value)
    }
}

impl<'a, B> From<&'a Option<B>> for Value
where
    &'a B: Bind,
{
    fn from(option: &'a Option<B>) -> Value {
        option.as_ref().map_or_else(<&'a B>::absent, Bind::value)
    }
}

/// The arguments of a statement, in the order of `$1…$n`.
///
/// ```
/// let args = haidang_store::args!["1.001193", 5_i64, true, None::<String>];
/// assert_eq!(args.len(), 4);
/// ```
#[macro_export]
macro_rules! args {
    ($($value:expr),* $(,)?) => { vec![$($crate::Value::from($value)),*] };
}
