#include "app/commands.h"

namespace penchant {

namespace {

std::vector<Option> model_command_options() {
  return {{"models", "DIR", "where models are installed (default: $PENCHANT_MODELS)"},
          {"name", "N", "add: what to call a folder or file (default: its own name)"},
          {"json", "", "list and info: JSON even on a terminal"}};
}

constexpr size_t many = 100'000;  // files or texts on one command line

constexpr Command table[] = {
    {"serve", "Everything over REST, on this machine alone", "--data DIR [--port P]",
     "penchant serve --data shop --port 8080", 0, 0, serve_options, command_serve},
    {"import", "Files of items, users and events into a data folder", "--data DIR FILE...",
     "penchant import --data shop items.jsonl events.csv --map user=customer", 1, many,
     import_options, command_import},
    {"export", "What a data folder holds as JSON Lines", "--data DIR items|users|events",
     "penchant export --data shop items > items.jsonl", 1, 1, export_options, command_export},
    {"recommend", "Items for a user, best first, with reasons", "--data DIR USER",
     "penchant recommend --data shop ann -n 5 --language zh", 1, 1, recommend_options,
     command_recommend},
    {"similar", "The like of an item", "--data DIR ITEM", "penchant similar --data shop b1 -n 5", 1,
     1, similar_options, command_similar},
    {"search", "Items by meaning and by words", "--data DIR TEXT",
     "penchant search --data shop \"a story about magic\" -n 5", 1, 1, search_options,
     command_search},
    {"explain", "Why an item would, or would not, be recommended to a user", "--data DIR USER ITEM",
     "penchant explain --data shop ann b2", 2, 2, explain_options, command_explain},
    {"match", "How well a text fits interests told in words, and why",
     "--text TEXT --interests A,B,...",
     "penchant match --text \"a fast and light laptop\" --interests \"laptops,cooking\"", 0, 0,
     match_options, command_match},
    {"mine", "Keywords of texts", "TEXT...",
     "penchant mine \"A boy learns magic on an island and meets his own shadow.\"", 1, many,
     mine_options, command_mine},
    {"user", "A user's interests by name, or history", "interests|history --data DIR USER",
     "penchant user interests --data shop ann", 2, 2, user_options, command_user},
    {"eval", "How well models foresee what users chose next", "--data DIR [--models A,B]",
     "penchant eval --data shop --models popularity,item-knn --split loo", 0, 0, eval_options,
     command_eval},
    {"embed", "Lines of stdin to vectors", "--model M < LINES",
     "echo hello | penchant embed --model all-minilm-l6-v2", 0, 0, embed_options, command_embed},
    {"tokenize", "Lines of stdin to token ids and their offsets in code points, and back",
     "--model M < LINES", "echo hello | penchant tokenize --model all-minilm-l6-v2", 0, 0,
     tokenize_options, command_tokenize},
    {"demo", "A catalogue, three users, a newcomer who speaks Chinese, and a server", "--data DIR",
     "penchant demo --data demo --catalogue ml-100k", 0, 0, demo_options, command_demo},
    {"model", "Models of this machine: what there is, adding and removing",
     "list | info M | add M... | remove M...", "penchant model add multilingual-e5-small", 1, 100,
     model_command_options, command_model},
    {"compress", "A model made small: distilled to word vectors, pruned, or in bytes",
     "distil|prune|quantise --model M --texts FILE --out DIR",
     "penchant compress distil --model all-minilm-l6-v2 --texts titles.txt --out small", 1, 1,
     compress_options, command_compress},
    {"doctor", "What this machine and installation can do, and what is missing", "",
     "penchant doctor --data shop", 0, 0, doctor_options, command_doctor},
};

}  // namespace

std::span<const Command> commands() { return table; }

}  // namespace penchant
