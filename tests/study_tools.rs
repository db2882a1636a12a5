//! Other tools open study files: xarray with both engines, ncdump.

use std::process::Command;

use crate::cli_support::{folder_with_sine, reluflow};
use crate::oracles::{python, tool};

const SCRIPT: &str = r#"
import sys, warnings
warnings.simplefilter("error")
import numpy as np, xarray as xr
sweep, width, phase = sys.argv[1:]
for engine in ["h5netcdf", "netcdf4"]:
    with xr.open_dataset(sweep, engine=engine) as ds:
        # Texts of fixed length are bytes to h5netcdf.
        ds = ds.load().assign_coords({n: ds[n].astype(str) for n in ds.coords if ds[n].dtype.kind == "S"})
        assert dict(ds.sizes) == {"flow_kind": 2, "measure_particles": 2, "seed": 2, "time": 3, "sample": 5}, ds.sizes
        assert list(ds.flow_kind.values) == ["canonical", "lifted"], ds.flow_kind
        assert list(ds.measure_particles.values) == [10, 20] and list(ds.seed.values) == [1, 2]
        assert ds.residual.dims == ("flow_kind", "measure_particles", "seed", "time", "sample")
        assert ds.loss.sel(flow_kind="lifted", measure_particles=20, seed=2).dims == ("time",)
        rho, loss = ds.residual, ds.loss
        assert np.allclose(0.5 * (ds.sample_weight * rho**2).sum("sample"), loss, rtol=1e-12)
        assert np.array_equal(ds.final_loss, ds.loss.isel(time=-1))
        assert set(ds.dims) == set(ds.coords), set(ds.dims) ^ set(ds.coords)
        assert ds.attrs["study"] == "sweep" and "sine" in ds.attrs["scenario"]
        assert ds.flow_kind.attrs["long_name"] == "flow.kind"
    with xr.open_dataset(width, engine=engine) as ds:
        # Texts of fixed length are bytes to h5netcdf.
        ds = ds.load().assign_coords({n: ds[n].astype(str) for n in ds.coords if ds[n].dtype.kind == "S"})
        assert ds.residual.dims == ("width", "member", "time", "sample")
        functions, measures = ["residual", "function", "tangent kernel", "pinned mass"], ["knots W1", "knots W2", "theta W1", "theta W2", "cylinder SW2"]
        assert list(ds["quantity"].values) == functions + measures and list(ds["distance"].values) == measures
        p = ((ds.pinned_mass - ds.limit_pinned_mass) ** 2).mean("time") ** 0.5
        assert np.allclose(p, ds.deviation.sel(quantity="pinned mass"), rtol=1e-12)
        assert np.allclose(ds.deviation.mean("member"), ds.deviation_mean, rtol=1e-12)
        assert np.allclose(np.quantile(ds.deviation, 0.95, axis=2), ds.deviation_most, rtol=1e-12)
        assert ds.redrawn_distance.dims == ("width", "distance") and ds.knot_shares.dims == ("width", "member", "share")
        assert "quadrature" in ds.attrs["limit"] and "Sobol" in ds.attrs["limit_of_measures"]
        assert "slope" in ds.attrs["verdict_theta_w1"], ds.attrs
        d = ((ds.residual - ds.limit_residual) ** 2).mean(("time", "sample")) ** 0.5
        assert np.allclose(d, ds.deviation.sel(quantity="residual"), rtol=1e-12)
        z = ds.width**0.5 * (ds.residual - ds.limit_residual).isel(time=0)
        for m in ds.width.values:
            c = np.cov(z.sel(width=m).values.T)
            assert np.allclose(c, ds.fluctuation_covariance.sel(width=m, moment="start"), rtol=1e-9, atol=1e-15)
        assert set(ds.dims) == set(ds.coords), set(ds.dims) ^ set(ds.coords)
    with xr.open_dataset(phase, engine=engine) as ds:
        # Texts of fixed length are bytes to h5netcdf.
        ds = ds.load().assign_coords({n: ds[n].astype(str) for n in ds.coords if ds[n].dtype.kind == "S"})
        assert ds.kernel_change_exponent.dims == ("delta", "power")
        assert ds.final_tangent_kernel_change.dims == ("delta", "width", "power", "seed")
print("good")
"#;

#[test]
fn xarray_opens_studies_without_being_told_how() {
    let Some(python) = python("h5py, xarray, h5netcdf, netCDF4") else { return };
    let folder = folder_with_sine(30, 3);
    let text = std::fs::read_to_string(folder.path().join("sine.toml")).unwrap();
    std::fs::write(folder.path().join("six.toml"), text.replace("count = 5", "count = 6")).unwrap();
    std::fs::write(folder.path().join("normal.toml"), text.replace("seed = 1", "seed = 1\nlaw = \"normal\""))
        .unwrap();
    let lifted = text.replace("seed = 1", "seed = 1\ndelta = 0\n[flow]\nkind = \"lifted\"");
    std::fs::write(folder.path().join("lifted.toml"), lifted).unwrap();
    for arguments in [
        &[
            "sweep",
            "normal.toml",
            "--set",
            "flow.kind=canonical,lifted",
            "--set",
            "measure.particles=10,20",
            "--seeds",
            "2",
        ][..],
        &["width", "six.toml", "--widths", "20,40", "--seeds", "8", "--limit-particles", "5000"],
        &["phase", "lifted.toml", "--delta=-1,1", "--widths", "20,40", "--power", "0.5,1", "--seeds", "2"],
    ] {
        let output = format!("{}.h5", arguments[0]);
        reluflow(folder.path()).arg("study").args(arguments).args(["-o", &output]).assert().success();
    }
    let output = Command::new(python)
        .current_dir(folder.path())
        .args(["-c", SCRIPT, "sweep.h5", "width.h5", "phase.h5"])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && text.contains("good"), "{text}");
    if let Some(header) = tool("ncdump", &["-h"], &folder.path().join("sweep.h5")) {
        assert!(header.contains("double final_loss(flow_kind, measure_particles, seed) ;"), "{header}");
        assert!(!header.contains("phony"), "{header}");
    }
}
