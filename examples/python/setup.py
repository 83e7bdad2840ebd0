"""Builds a wheel of lottery.py with liblottery.so.0 inside: `pip install ./examples/python`, in a tree of liblottery.

The package `lottery` is lottery.py, the library and their licences; the module `lottery_torch` stands beside it. The
library is built by CMake; LOTTERY_LIBRARY names one to take instead. Nothing is written into the tree."""
import atexit
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

from setuptools import setup
from setuptools.command.build_py import build_py
from setuptools.command.editable_wheel import editable_wheel
from setuptools.command.sdist import sdist
from setuptools.dist import Distribution
from wheel.bdist_wheel import bdist_wheel

here = pathlib.Path(__file__).resolve().parent
top = here.parents[1]
if not (top / "include" / "lottery.h").is_file():
    raise SystemExit(f"{top} is not the tree of liblottery, whose folder examples/python this is made from")
version = re.search(r"project\(lottery VERSION ([\d.]+)", (top / "CMakeLists.txt").read_text(encoding="utf-8"))[1]
work = tempfile.mkdtemp(prefix="lottery-wheel-")
atexit.register(shutil.rmtree, work, ignore_errors=True)


def library():
    """The path of liblottery.so.0."""
    given = os.environ.get("LOTTERY_LIBRARY")
    if given:
        return given
    build = os.path.join(work, "cmake")
    options = ["-DCMAKE_BUILD_TYPE=Release", "-DLOTTERY_BUILD_TESTS=OFF", "-DLOTTERY_BUILD_EXAMPLES=OFF",
               "-DLOTTERY_WERROR=OFF"]
    try:
        subprocess.run(["cmake", "-S", top, "-B", build, *options], check=True)
        subprocess.run(["cmake", "--build", build, "--target", "lottery", "--parallel", str(os.cpu_count() or 1)],
                       check=True)
    except FileNotFoundError:
        raise SystemExit("CMake is needed to build liblottery: install it, or set LOTTERY_LIBRARY to the path of a "
                         "liblottery.so.0") from None
    except subprocess.CalledProcessError as error:
        raise SystemExit(f"liblottery does not build, see above: README.md says what it needs ({error})") from None
    return os.path.join(build, "liblottery.so.0")


class BuildPackage(build_py):
    """Makes the folder `lottery` of a file of another name and place, and puts lottery_torch.py beside it."""

    def run(self):
        folder = pathlib.Path(self.build_lib) / "lottery"
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(here / "lottery.py", folder / "__init__.py")
        shutil.copyfile(here / "lottery_torch.py", folder.parent / "lottery_torch.py")
        shutil.copyfile(library(), folder / "liblottery.so.0")
        shutil.copyfile(top / "LICENSE", folder / "LICENSE")
        shutil.copyfile(top / "docs" / "third-party.md", folder / "third-party.md")


class BuildWheel(bdist_wheel):
    """For any Python 3 on this machine's kind."""

    def get_tag(self):
        return ("py3", "none", super().get_tag()[2])


class WithLibrary(Distribution):
    def has_ext_modules(self):
        return True


def refuse(command, advice):
    class Refused(command):
        def run(self):
            raise SystemExit(advice)
    return Refused


setup(version=version, packages=["lottery"], py_modules=["lottery_torch"], package_dir={"lottery": "."}, distclass=WithLibrary,
      options={"build": {"build_base": work}, "egg_info": {"egg_base": work}},
      cmdclass={"build_py": BuildPackage, "bdist_wheel": BuildWheel,
                "editable_wheel": refuse(editable_wheel, "instead of an editable install, put this folder on PYTHONPATH"),
                "sdist": refuse(sdist, "there is no source distribution: the sources are the tree of liblottery")})
