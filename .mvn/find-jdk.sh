# Sourced by ./gorgon and ./mvnw: sets JAVA_HOME to a JDK 25 or says what to install.
# Looks at JAVA_HOME, then at the java on the PATH, then at the usual installation folders.

is_jdk_25() {
  [ -x "$1/bin/javac" ] && "$1/bin/java" -version 2>&1 | grep -q '^[a-z]* version "25[."]'
}

find_jdk_25() {
  if [ -n "${JAVA_HOME-}" ] && is_jdk_25 "$JAVA_HOME"; then
    return 0
  fi
  on_path=$(command -v javac 2>/dev/null || true)
  if [ -n "$on_path" ]; then
    on_path=$(dirname "$(dirname "$(readlink -f "$on_path")")")
  fi
  for candidate in "$on_path" /usr/lib/jvm/* /opt/java/* "${HOME-}"/.sdkman/candidates/java/25* \
    /Library/Java/JavaVirtualMachines/*/Contents/Home; do
    if [ -n "$candidate" ] && is_jdk_25 "$candidate"; then
      JAVA_HOME=$candidate
      export JAVA_HOME
      return 0
    fi
  done
  echo "Gorgon needs a JDK 25. None was found in JAVA_HOME, on the PATH, or under /usr/lib/jvm." >&2
  echo "Install one (for example Temurin 25) and set JAVA_HOME to its folder." >&2
  return 1
}
