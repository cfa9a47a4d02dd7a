# What `cmake --install` lays out beside the program, and the Debian package (`cpack -G DEB`, or scripts/package).
include(GNUInstallDirs)

# The program looks for its configuration there, wherever it is installed itself.
set(TICKGATE_CONFIG_DIR /etc/tickgate CACHE PATH "Where the configuration is installed")
set(TICKGATE_DEFAULTS_DIR /etc/default CACHE PATH "Where the environment of the service is installed")
set(TICKGATE_MAINTAINER "Tickgate maintainers <maintainers@tickgate.example>" CACHE STRING "Maintainer of the package")
set(packaging "${PROJECT_SOURCE_DIR}/cmake/packaging")
set(config "${PROJECT_SOURCE_DIR}/config")
set(docs "${PROJECT_SOURCE_DIR}/docs")
set(tickgate_doc_dir "${CMAKE_INSTALL_DATAROOTDIR}/doc/tickgate")

# Read by root and the account of the service alone: the package's postinst gives them to the group.
set(private_file PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ)
install(FILES "${config}/tickgate.yaml" DESTINATION "${TICKGATE_CONFIG_DIR}" ${private_file})
install(FILES "${config}/tickgate.default" DESTINATION "${TICKGATE_DEFAULTS_DIR}" RENAME tickgate ${private_file})
install(DIRECTORY DESTINATION "${TICKGATE_CONFIG_DIR}/secrets" DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE)
install(FILES "${config}/tickgate.service" "${config}/tickgate-venue@.service" DESTINATION lib/systemd/system)
install(FILES "${config}/tickgate.conf" DESTINATION lib/sysusers.d)

# Samples: a demonstration, users of Redis, alert rules and the dashboard.
install(FILES "${config}/demo.yaml" "${config}/redis-acl.conf" "${config}/alerts.yml" "${config}/dashboard.json"
        DESTINATION "${CMAKE_INSTALL_DATAROOTDIR}/tickgate")

install(DIRECTORY "${docs}/" DESTINATION "${tickgate_doc_dir}" FILES_MATCHING PATTERN "*.md" PATTERN "*.schema.json"
        PATTERN "clients" EXCLUDE PATTERN "provider-skeleton" EXCLUDE PATTERN "changelog.md" EXCLUDE
        PATTERN "contributing.md" EXCLUDE)
install(DIRECTORY "${docs}/clients/" DESTINATION "${tickgate_doc_dir}/examples" USE_SOURCE_PERMISSIONS
        PATTERN "__pycache__" EXCLUDE)
install(FILES "${PROJECT_SOURCE_DIR}/README.md" DESTINATION "${tickgate_doc_dir}")
install(FILES "${packaging}/copyright" DESTINATION "${tickgate_doc_dir}")

# The changelogs: what changed for users, and the package's own. SOURCE_DATE_EPOCH gives the date, where it is set.
set(package_release 1)
string(TIMESTAMP package_date "%a, %d %b %Y %H:%M:%S +0000" UTC)
configure_file("${packaging}/changelog.Debian.in" "${PROJECT_BINARY_DIR}/package/changelog.Debian" @ONLY)
set(changelogs "")
foreach(pair "changelog|${docs}/changelog.md" "changelog.Debian|${PROJECT_BINARY_DIR}/package/changelog.Debian")
  string(REPLACE "|" ";" pair "${pair}")
  list(GET pair 0 name)
  list(GET pair 1 text)
  set(packed "${PROJECT_BINARY_DIR}/package/${name}.gz")
  add_custom_command(OUTPUT "${packed}" COMMAND gzip -9nc "${text}" > "${packed}" DEPENDS "${text}" VERBATIM)
  list(APPEND changelogs "${packed}")
endforeach()
add_custom_target(
  tickgate_package_files ALL
  COMMAND sh "${packaging}/pack_manual.sh" "${PROJECT_BINARY_DIR}/man" "${PROJECT_BINARY_DIR}/package/man"
  DEPENDS ${changelogs}
  VERBATIM)
add_dependencies(tickgate_package_files tickgate_manual) # made by the program itself
foreach(section 1 5)
  install(DIRECTORY "${PROJECT_BINARY_DIR}/package/man/man${section}" DESTINATION "${CMAKE_INSTALL_MANDIR}")
endforeach()
set(completions "${PROJECT_BINARY_DIR}/completions")
install(FILES "${completions}/tickgate.bash" DESTINATION "${CMAKE_INSTALL_DATAROOTDIR}/bash-completion/completions" RENAME tickgate)
install(FILES "${completions}/tickgate.zsh" DESTINATION "${CMAKE_INSTALL_DATAROOTDIR}/zsh/vendor-completions" RENAME _tickgate)
install(FILES "${completions}/tickgate.fish" DESTINATION "${CMAKE_INSTALL_DATAROOTDIR}/fish/vendor_completions.d")
install(FILES ${changelogs} DESTINATION "${tickgate_doc_dir}")
install(FILES "${packaging}/lintian-overrides" DESTINATION "${CMAKE_INSTALL_DATAROOTDIR}/lintian/overrides" RENAME tickgate)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME tickgate)
set(CPACK_PACKAGE_VERSION "${PROJECT_VERSION}")
set(CPACK_PACKAGE_CONTACT "${TICKGATE_MAINTAINER}")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "market-data gateway from exchanges and brokers to Redis")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
    "Tickgate turns the feeds of exchanges, brokers and data vendors\n(Binance, OANDA, Massive, Tradier) into one stream of exact, numbered\nquotes, trades and bars on Redis, with failover between providers,\nhistory on demand and repair of what was missed.\n\nThe package has the daemon with its command line, a hardened systemd\nservice, and simulated venues for trials without an account.")
set(CPACK_STRIP_FILES ON)
set(CPACK_VERBATIM_VARIABLES ON)
# Everything below /usr whatever the build's prefix is; the configuration stays in /etc.
set(CPACK_SET_DESTDIR ON)
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_OUTPUT_FILE_PREFIX "${PROJECT_BINARY_DIR}/package")
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE
    WORLD_READ WORLD_EXECUTE)

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE "${package_release}")
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS
    "systemd | systemd-standalone-sysusers | systemd-sysusers, init-system-helpers (>= 1.54~), procps, ca-certificates, tzdata")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "redis-server (>= 5:6.2) | valkey-server | redis")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "redis-tools, curl, libpq5, postgresql, prometheus")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA "${packaging}/preinst" "${packaging}/postinst" "${packaging}/prerm"
    "${packaging}/postrm" "${packaging}/conffiles")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
include(CPack)
