// Prints a Jenkinsfile as JSON: each call that is given a block or stands in one, with its plain arguments.
//
//   java -cp CLASSPATH groovy.ui.GroovyMain sections.groovy JENKINSFILE
//
//   {"name", "arguments": [text…], "blocks": [[call…]…]}
//
// Compiled as a script first, so that what Groovy refuses ends here with the compiler's words. Declarative Pipeline is
// Groovy with a fixed set of sections; whether each stands where it may is judged by who reads this.
import groovy.json.JsonOutput
import org.codehaus.groovy.ast.builder.AstBuilder
import org.codehaus.groovy.ast.expr.ClosureExpression
import org.codehaus.groovy.ast.expr.ConstantExpression
import org.codehaus.groovy.ast.expr.MapExpression
import org.codehaus.groovy.ast.expr.MethodCallExpression
import org.codehaus.groovy.ast.stmt.BlockStatement
import org.codehaus.groovy.ast.stmt.ExpressionStatement
import org.codehaus.groovy.ast.stmt.ReturnStatement
import org.codehaus.groovy.control.CompilePhase

def callsOf
callsOf = { statements ->
    statements
        .findAll { (it instanceof ExpressionStatement || it instanceof ReturnStatement) && it.expression instanceof MethodCallExpression }
        .collect { statement ->
            def call = statement.expression
            def arguments = call.arguments.expressions
            [
                name     : call.methodAsString,
                arguments: arguments.findAll { it instanceof ConstantExpression }.collect { it.value.toString() },
                named    : arguments.findAll { it instanceof MapExpression }
                    .collectMany { it.mapEntryExpressions }.collect { it.keyExpression.text },
                blocks   : arguments.findAll { it instanceof ClosureExpression }.collect { callsOf(it.code.statements) },
            ]
        }
}

def text = new File(args[0]).getText('UTF-8')
new GroovyShell().parse(text, 'Jenkinsfile')
def block = new AstBuilder().buildFromString(CompilePhase.CONVERSION, true, text).find { it instanceof BlockStatement }
println JsonOutput.toJson(callsOf(block.statements))
