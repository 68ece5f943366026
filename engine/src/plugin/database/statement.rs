//! One statement that only reads, and its rows, within limits.

use std::ffi::CStr;
use std::time::Instant;

use rusqlite::config::DbConfig;
use rusqlite::fallible_iterator::FallibleIterator;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::limits::Limit;
use rusqlite::types::{Value, ValueRef};
use rusqlite::{Batch, Connection, Error, ErrorCode, OpenFlags, ffi};

/// Bytes of a statement.
const SQL: i32 = 64 << 10;
/// Values that a statement may be given.
const PARAMETERS: i32 = 1000;
/// Bytes of one value, inside of SQLite too.
const VALUE: i32 = 32 << 20;
/// Bytes of a pattern of `LIKE` or `GLOB`: matching takes as many times as long as the text has.
const PATTERN: i32 = 256;
/// Instructions of SQLite's machine after which the time is looked at. One that calls a function on a
/// long text may take a hundredth of a second.
const INSTRUCTIONS: i32 = 100;

/// What a statement may ask about the tables.
const PRAGMAS: [&str; 2] = ["table_info", "table_xinfo"];

/// Functions that give something else each time, that open libraries, or whose time grows with the
/// product of the lengths of two texts: inside of one function nothing can be stopped.
const REFUSED: [&str; 12] = [
    "fts3_tokenizer",
    "instr",
    "json_patch",
    "jsonb_patch",
    "load_extension",
    "ltrim",
    "random",
    "randomblob",
    "replace",
    "rtrim",
    "trim",
    "unhex",
];

/// Why there are no rows.
#[derive(Debug)]
pub(super) enum Failure {
    /// It took longer than allowed.
    Late,
    /// SQLite or a limit says no.
    Refused(String),
    NotADatabase,
}

/// Opens a database that can be read and nothing else.
pub(super) fn connect(vfs: &CStr, database: &CStr, until: Instant) -> Result<Connection, Failure> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let name = database.to_string_lossy();
    let mut connection = Connection::open_with_flags_and_vfs(&*name, flags, vfs)?;
    stop(&mut connection, until)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    for (limit, value) in [
        (Limit::SQLITE_LIMIT_LENGTH, VALUE),
        (Limit::SQLITE_LIMIT_SQL_LENGTH, SQL),
        (Limit::SQLITE_LIMIT_VARIABLE_NUMBER, PARAMETERS),
        (Limit::SQLITE_LIMIT_LIKE_PATTERN_LENGTH, PATTERN),
        (Limit::SQLITE_LIMIT_ATTACHED, 0),
        (Limit::SQLITE_LIMIT_WORKER_THREADS, 0),
    ] {
        connection.set_limit(limit, value)?;
    }
    // What does not fit into so many KiB goes into a temporary file, which is memory with a limit.
    connection.execute_batch(
        "PRAGMA cache_size = -4096; PRAGMA temp_store = FILE; PRAGMA cell_size_check = ON;",
    )?;
    connection.authorizer(Some(authorize))?;
    Ok(connection)
}

/// Stops whatever it runs at that time.
fn stop(connection: &mut Connection, until: Instant) -> rusqlite::Result<()> {
    connection.progress_handler(INSTRUCTIONS, Some(move || Instant::now() >= until))
}

fn authorize(context: AuthContext<'_>) -> Authorization {
    let is_in = |names: &[&str], name: &str| names.iter().any(|n| n.eq_ignore_ascii_case(name));
    let is_allowed = match context.action {
        AuthAction::Select | AuthAction::Read { .. } | AuthAction::Recursive => true,
        AuthAction::Function { function_name } => !is_in(&REFUSED, function_name),
        AuthAction::Pragma { pragma_name, .. } => is_in(&PRAGMAS, pragma_name),
        _ => false,
    };
    if is_allowed { Authorization::Allow } else { Authorization::Deny }
}

/// The rows of one statement, with at most `limit` bytes.
pub(super) fn rows(
    connection: &mut Connection,
    sql: &str,
    parameters: &[Value],
    limit: usize,
    until: Instant,
) -> Result<Vec<Vec<Value>>, Failure> {
    stop(connection, until)?;
    let mut statements = Batch::new(connection, sql);
    let mut statement = statements
        .next()?
        .ok_or_else(|| Failure::Refused("there is no statement to run".to_owned()))?;
    if !matches!(statements.next(), Ok(None)) {
        return Err(Failure::Refused("more than one statement at once".to_owned()));
    }
    if !statement.readonly() {
        return Err(Failure::Refused("a statement may only read".to_owned()));
    }
    let expected = statement.parameter_count();
    if parameters.len() != expected {
        let given = parameters.len();
        return Err(Failure::Refused(format!(
            "the statement has {expected} parameters, and {given} values were given"
        )));
    }
    for (index, value) in (1..).zip(parameters) {
        statement.raw_bind_parameter(index, value)?;
    }

    let columns = statement.column_count();
    let mut rows = statement.raw_query();
    let (mut collected, mut room) = (Vec::new(), limit);
    while let Some(row) = rows.next()? {
        let mut values = Vec::with_capacity(columns);
        for column in 0..columns {
            let value = value(row.get_ref(column)?);
            let size = match &value {
                Value::Text(text) => text.len(),
                Value::Blob(bytes) => bytes.len(),
                _ => 0,
            };
            room = room.checked_sub(size + size_of::<Value>()).ok_or_else(|| {
                Failure::Refused(format!(
                    "the rows have more than {limit} bytes: ask for fewer at once with `LIMIT`"
                ))
            })?;
            values.push(value);
        }
        collected.push(values);
        if Instant::now() >= until {
            return Err(Failure::Late);
        }
    }
    Ok(collected)
}

/// Text need not be UTF-8: SQLite keeps whatever it is given.
fn value(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Null => Value::Null,
        ValueRef::Integer(integer) => Value::Integer(integer),
        ValueRef::Real(real) => Value::Real(real),
        ValueRef::Blob(bytes) => Value::Blob(bytes.to_vec()),
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let (code, message) = match error {
            Error::SqlInputError { error, msg, .. } => (error, Some(msg)),
            Error::SqliteFailure(error, message) => (error, message),
            other => return Self::Refused(other.to_string()),
        };
        Self::Refused(match code.code {
            ErrorCode::OperationInterrupted => return Self::Late,
            ErrorCode::NotADatabase => return Self::NotADatabase,
            ErrorCode::DiskFull | ErrorCode::OutOfMemory => {
                "the statement needs more memory than it gets: let an index give the order, or ask \
                 for fewer columns"
                    .to_owned()
            }
            _ => message.unwrap_or_else(|| ffi::code_to_str(code.extended_code).to_owned()),
        })
    }
}
