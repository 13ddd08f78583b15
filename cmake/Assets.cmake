# Data files that the program carries in itself: src/<module>/assets/* become
# penchant::assets::find("<module>/<file>") (base/assets.h).
file(GLOB ASSET_FILES CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR} src/*/assets/*)
set(ASSETS_SOURCE ${CMAKE_BINARY_DIR}/assets.cc)
set(ASSET_PATHS ${ASSET_FILES})
list(TRANSFORM ASSET_PATHS PREPEND ${CMAKE_SOURCE_DIR}/)
add_custom_command(
  OUTPUT ${ASSETS_SOURCE}
  COMMAND python3 ${CMAKE_SOURCE_DIR}/tools/embed_assets.py ${ASSETS_SOURCE} ${ASSET_FILES}
  WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}
  DEPENDS ${ASSET_PATHS} ${CMAKE_SOURCE_DIR}/tools/embed_assets.py
  VERBATIM)
# The compiler's own listing of dependencies does not name what the assembler includes.
set_source_files_properties(${ASSETS_SOURCE} PROPERTIES OBJECT_DEPENDS "${ASSET_PATHS}")
target_sources(penchant PRIVATE ${ASSETS_SOURCE})
