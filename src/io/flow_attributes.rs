//! The flow of a run in its file: root attributes.

use hdf5::File;

use crate::flow::{Allowed, Flow, Parameter, Value};

use super::attributes::{number, read_text, read_value, write_text, write_value};

/// Writes which flow, and its settings.
pub(crate) fn write(file: &File, flow: &Flow) -> hdf5::Result<()> {
    write_text(file, "flow", flow.name())?;
    write_value(file, "tv", &flow.tv())?;
    write_value(file, "kappa", &flow.kappa())?;
    for (Parameter { name, .. }, value) in flow.descriptor().parameters.iter().zip(flow.values()) {
        match value {
            None => {}
            Some(Value::Number(value)) => write_value(file, name, &value)?,
            Some(Value::Count(value)) => write_value(file, name, &value)?,
            Some(Value::Name(value)) => write_text(file, name, value)?,
        }
    }
    Ok(())
}

/// Reads what [`write`] wrote.
pub(crate) fn read(file: &File) -> hdf5::Result<Flow> {
    let name = read_text(file, "flow")?;
    let known = Flow::named(&name).ok_or_else(|| hdf5::Error::from(format!("unknown flow {name:?}")))?;
    let kappa = number(file, "kappa", |kappa| kappa > 0.0)?;
    let tv = number(file, "tv", |tv| tv >= 0.0)?;
    let descriptor = known.descriptor();
    let values = descriptor.parameters.iter().map(|parameter| value(file, parameter));
    let values = values.collect::<hdf5::Result<Vec<_>>>()?;
    (descriptor.build)(kappa, tv, &values)
        .ok_or_else(|| format!("a setting of flow {name:?} is missing").into())
}

/// The value of a setting; `None` if it is not there.
fn value(file: &File, parameter: &Parameter) -> hdf5::Result<Option<Value>> {
    let name = parameter.name;
    if !file.attr_names()?.iter().any(|found| found == name) {
        return Ok(None);
    }
    let value = match parameter.allowed {
        Allowed::Number(allowed) => Value::Number(number(file, name, allowed)?),
        Allowed::Count => Value::Count(read_value(file, name)?),
        Allowed::Name(names) => {
            let text = read_text(file, name)?;
            let known = names.iter().find(|name| **name == text);
            Value::Name(known.ok_or_else(|| hdf5::Error::from(format!("unknown {name} {text:?}")))?)
        }
    };
    Ok(Some(value))
}
