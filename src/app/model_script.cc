#include "app/model_script.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "base/assets.h"

extern char** environ;

namespace penchant {

namespace {

namespace fs = std::filesystem;

// A folder with the script, the converters beside it, and the recipes; gone with the object.
class ScriptFolder {
 public:
  static Result<ScriptFolder> create() {
    std::error_code error;
    const Path parent = fs::temp_directory_path(error);
    if (error) return system_error("use", "the folder for temporary files", error.value());
    std::string name = (parent / "penchant-add-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) return system_error("create", name, errno);
    ScriptFolder folder(std::move(name));
    for (const assets::Asset& asset : assets::all()) {
      if (!asset.name.starts_with("encoder/")) continue;
      TRY(write_file(folder.path_ / Path(asset.name).filename(), asset.bytes));
    }
    return folder;
  }
  ScriptFolder(ScriptFolder&& other) noexcept : path_(std::exchange(other.path_, Path())) {}
  ScriptFolder& operator=(ScriptFolder&&) = delete;
  ~ScriptFolder() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }

  const Path& path() const { return path_; }

 private:
  explicit ScriptFolder(Path path) : path_(std::move(path)) {}
  Path path_;
};

// While the script runs, an interrupt from the terminal is its affair: it cleans up and ends.
class IgnoreInterrupts {
 public:
  IgnoreInterrupts() : before_(std::signal(SIGINT, SIG_IGN)) {}
  IgnoreInterrupts(const IgnoreInterrupts&) = delete;
  IgnoreInterrupts& operator=(const IgnoreInterrupts&) = delete;
  ~IgnoreInterrupts() { std::signal(SIGINT, before_); }

 private:
  void (*before_)(int);
};

Result<int> exit_code_of(const std::vector<std::string>& words) {
  std::vector<char*> pointers;
  pointers.reserve(words.size() + 1);
  for (const std::string& word : words) pointers.push_back(const_cast<char*>(word.c_str()));
  pointers.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);  // it is all talk
  pid_t child = 0;
  const int failed =
      ::posix_spawnp(&child, words[0].c_str(), &actions, nullptr, pointers.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0)
    return Error{Code::unavailable,
                 fmt::format("adding a model needs Python 3.9 or newer, and \"{}\" does not start "
                             "({}): install python3 and python3-venv, or let PENCHANT_PYTHON name "
                             "another",
                             words[0], std::strerror(failed))};

  const IgnoreInterrupts ignore;
  int status = 0;
  while (::waitpid(child, &status, 0) < 0)
    if (errno != EINTR) return system_error("wait for", words[0], errno);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

Result<bool> run_add_script(const std::string& python, const std::string& recipe,
                            const Path& models_folder) {
  TRY(const ScriptFolder folder, ScriptFolder::create());
  const Path recipe_file =
      recipe.starts_with("encoder/") ? folder.path() / Path(recipe).filename() : Path(recipe);
  TRY(const int code, exit_code_of({python, "-s", "-B", folder.path() / "add_model.py", recipe_file,
                                    models_folder}));
  return code == 0;
}

}  // namespace penchant
